import type { Job, Step, Workflow } from "./model.ts";
import { checkout, expression, install } from "./parts.ts";
import { pinned } from "./pinned.ts";
import { assembleRelease, buildImage, scanImage, signImage } from "./releaseScripts.ts";
import { timeouts } from "./timeouts.ts";

/** The promoted services, as `app/compose.yaml` has them; a test holds both against each other. */
export const services = ["ai-planner", "api", "docs", "migrator", "scheduler", "web"] as const;

/** Of semantic-release, which is fetched when it runs: the product itself does not need it. */
export const semanticRelease = "semantic-release@25.0.9";

/** What it does: version and notes from the commits, a tag and a release; no comments, which would want more permissions. */
const semanticReleaseConfiguration = JSON.stringify({
  branches: ["main"],
  plugins: [
    "@semantic-release/commit-analyzer",
    "@semantic-release/release-notes-generator",
    ["@semantic-release/github", { successComment: false, failComment: false, releasedLabels: false }],
  ],
});

const version: Job = {
  name: "Version",
  "runs-on": "ubuntu-24.04",
  "timeout-minutes": timeouts.version,
  permissions: { contents: "write" },
  outputs: {
    version: expression("steps.version.outputs.version"),
    created: expression("steps.version.outputs.created"),
  },
  steps: [
    checkout({ history: true, push: true }),
    ...install,
    {
      id: "version",
      name: "Find the next version",
      env: { GITHUB_TOKEN: expression("github.token") },
      run: `before=$(git describe --tags --abbrev=0 --match 'v*' 2> /dev/null || true)
cat > .releaserc.json << 'END'
${semanticReleaseConfiguration}
END
npx --yes ${semanticRelease}
git fetch --quiet --tags origin
after=$(git describe --tags --abbrev=0 --match 'v*' 2> /dev/null || true)
if [ "$before" = "$after" ]; then
  echo "::notice title=No release::No commit since \${before:-the beginning} changes what users get."
  exit 0
fi
echo "version=\${after#v}" >> "$GITHUB_OUTPUT"
echo "created=$(date --utc +%Y-%m-%dT%H:%M:%SZ)" >> "$GITHUB_OUTPUT"
echo "Release $after" >> "$GITHUB_STEP_SUMMARY"`,
    },
  ],
};

/** What build, scan and signature are told. */
const about = {
  CREATED: expression("needs.version.outputs.created"),
  REGISTRY: expression("vars.REGISTRY || 'ghcr.io'"),
  REPOSITORIES: expression("vars.REPOSITORIES || format('{0}-staging', github.repository)"),
  RESULTS: `${expression("runner.temp")}/liftlock`,
  SERVICE: expression("matrix.service"),
  VERSION: expression("needs.version.outputs.version"),
};

const tools: readonly Step[] = [
  { name: "Set up Buildx", uses: pinned.setupBuildx },
  { name: "Set up Trivy", uses: pinned.trivy, with: { version: "v0.70.0" } },
  { name: "Set up Cosign", uses: pinned.cosign },
  {
    name: "Log in to the registry",
    uses: pinned.login,
    with: {
      registry: expression("vars.REGISTRY || 'ghcr.io'"),
      username: expression("vars.REGISTRY_USERNAME || github.actor"),
      password: expression("secrets.REGISTRY_TOKEN || github.token"),
    },
  },
];

const build: Job = {
  name: `Build ${expression("matrix.service")}`,
  needs: ["version"],
  if: "needs.version.outputs.version != ''",
  "runs-on": "ubuntu-24.04",
  "timeout-minutes": timeouts.build,
  // An identity from GitHub signs: there is no key that could be stolen.
  permissions: { contents: "read", packages: "write", "id-token": "write" },
  strategy: { "fail-fast": true, matrix: { service: services } },
  steps: [
    checkout({ ref: `v${expression("needs.version.outputs.version")}` }),
    ...tools,
    { name: "Build and push", env: about, run: buildImage },
    { name: "List and scan", env: about, run: scanImage },
    {
      name: "Sign and attest",
      env: {
        ...about,
        COSIGN_KEY: expression("vars.COSIGN_KEY"),
        COSIGN_PASSWORD: expression("secrets.COSIGN_PASSWORD"),
        COSIGN_PRIVATE_KEY: expression("secrets.COSIGN_PRIVATE_KEY"),
      },
      run: signImage,
    },
    {
      name: "Keep the digest",
      uses: pinned.uploadArtifact,
      with: {
        name: `image-${expression("matrix.service")}`,
        path: `${expression("runner.temp")}/liftlock/`,
        "if-no-files-found": "error",
      },
    },
  ],
};

const publish: Job = {
  name: "Publish",
  needs: ["version", "build"],
  "runs-on": "ubuntu-24.04",
  "timeout-minutes": timeouts.version,
  permissions: { contents: "read", packages: "write" },
  outputs: { version: expression("needs.version.outputs.version") },
  steps: [
    { name: "Set up Buildx", uses: pinned.setupBuildx },
    ...tools.slice(-1),
    {
      name: "Fetch the digests",
      uses: pinned.downloadArtifact,
      with: { pattern: "image-*", path: "images", "merge-multiple": true },
    },
    { name: "Assemble the release", env: about, run: assembleRelease },
    {
      name: "Keep the release",
      uses: pinned.uploadArtifact,
      with: { name: "release", path: "release.json", "if-no-files-found": "error", "retention-days": 90 },
    },
  ],
};

const { SERVICE: _, ...assembling } = about;

/** A push to main with commits that change what users get: version, images, evidence, and the list of digests that staging takes. */
export const release: Workflow = {
  name: "release",
  about: [
    "A push with conventional commits becomes a release: version and notes, an image for each service, its list of contents, its scan, its",
    "signature, and a file with all digests. From there on nothing is built any more.",
  ],
  on: { push: { branches: ["main"] } },
  jobs: {
    version: { ...version, concurrency: { group: "liftlock-release", "cancel-in-progress": false } },
    build,
    publish: {
      ...publish,
      steps: publish.steps.map((step) => ("run" in step ? { ...step, env: assembling } : step)),
    },
  },
};
