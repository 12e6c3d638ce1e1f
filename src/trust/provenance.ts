import { z } from "zod";
import { Failure } from "../release/failure.ts";
import type { Attested } from "./attested.ts";
import { matchesPattern } from "./pattern.ts";
import type { ProvenancePolicy } from "./policy.ts";
import { quote } from "./quote.ts";
import type { Signer } from "./signer.ts";
import type { Statement } from "./statement.ts";

/** From what, and by what, an image was built. */
export interface Provenance {
  /** `https://github.com/example/shop`. */
  repository: string;
  /** Path of the workflow in it. */
  workflow: string;
  /** Full commit. */
  commit: string;
  /** Builder's id. */
  builder: string;
}

const dependency = z.object({
  uri: z.string().default(""),
  digest: z.record(z.string(), z.string()).default({}),
});

/** SLSA v1.0 with GitHub's build types, whose external parameters name the workflow. */
const version1 = z.object({
  buildDefinition: z.object({
    externalParameters: z.object({ workflow: z.object({ repository: z.string(), path: z.string() }) }),
    resolvedDependencies: z.array(dependency).max(10_000).default([]),
  }),
  runDetails: z.object({ builder: z.object({ id: z.string() }) }),
});

/** SLSA v0.2, as slsa-github-generator writes it. */
const version02 = z.object({
  builder: z.object({ id: z.string() }),
  invocation: z.object({
    configSource: z.object({
      uri: z.string(),
      digest: z.record(z.string(), z.string()).default({}),
      entryPoint: z.string(),
    }),
  }),
});

/** `git+https://github.com/example/shop.git@refs/heads/main` → `https://github.com/example/shop`. */
function repositoryOf(uri: string): string {
  const url = uri.slice(0, 1000).replace(/^git\+/, "");
  const reference = url.lastIndexOf("@");
  // An "@" before the path would be credentials, not a git reference.
  const bare = reference > url.indexOf("/", "https://".length) ? url.slice(0, Math.max(reference, 0)) : url;
  return bare.replace(/\/$/, "").replace(/\.git$/, "");
}

const commitOf = (digest: Readonly<Record<string, string>>): string => digest.gitCommit ?? digest.sha1 ?? "";

/** Reads a provenance statement; `undefined` for another statement, or one whose shape is not known. */
export function provenanceOf({ predicateType, predicate }: Statement): Provenance | undefined {
  if (predicateType === "https://slsa.dev/provenance/v1") {
    const said = version1.safeParse(predicate);
    if (!said.success) return undefined;
    const { buildDefinition, runDetails } = said.data;
    const { repository, path } = buildDefinition.externalParameters.workflow;
    const from = repositoryOf(repository);
    const source = buildDefinition.resolvedDependencies.find((d) => repositoryOf(d.uri) === from);
    return {
      repository: from,
      workflow: path,
      commit: commitOf(source?.digest ?? {}),
      builder: runDetails.builder.id,
    };
  }
  if (predicateType === "https://slsa.dev/provenance/v0.2") {
    const said = version02.safeParse(predicate);
    if (!said.success) return undefined;
    const { uri, digest, entryPoint } = said.data.invocation.configSource;
    return {
      repository: repositoryOf(uri),
      workflow: entryPoint,
      commit: commitOf(digest),
      builder: said.data.builder.id,
    };
  }
  return undefined;
}

/** Fulcio's extensions "Source Repository URI" and "Source Repository Digest" (OID 1.3.6.1.4.1.57264.1.12 and .13). */
const certified = { repository: 12, commit: 13 } as const;

/** What does not fit the policy; the issuer of a certificate knows repository and commit better than the statement. */
function misfits(found: Provenance, signer: Signer, policy: ProvenancePolicy, commit: string): string[] {
  const problems: string[] = [];
  const expect = (what: string, expected: string, got: string, fits: boolean) => {
    if (!fits) problems.push(`expected ${what} ${expected}, got ${quote(got)}`);
  };
  const wanted = repositoryOf(policy.repository);
  const builtFrom = (got: string) => /^[0-9a-f]{7,64}$/.test(got) && got.startsWith(commit);
  expect("repository", wanted, found.repository, found.repository === wanted);
  expect("workflow", policy.workflow, found.workflow, found.workflow === policy.workflow);
  expect("commit", commit, found.commit, builtFrom(found.commit));
  if (policy.builder !== undefined)
    expect("builder", policy.builder, found.builder, matchesPattern(policy.builder, found.builder));
  if (signer.kind === "identity") {
    const { [certified.repository]: repository, [certified.commit]: revision } = signer.claims;
    if (repository !== undefined)
      expect("certified repository", wanted, repository, repositoryOf(repository) === wanted);
    if (revision !== undefined) expect("certified commit", commit, revision, builtFrom(revision));
  }
  return problems;
}

/**
 * Finds a trusted provenance statement that fits the policy and the release's commit.
 * @param subject how messages name the image
 * @throws Failure `InvalidProvenance`
 */
export function verifyProvenance(
  attested: Attested,
  policy: ProvenancePolicy,
  commit: string,
  subject: string,
): Provenance {
  const problems: string[] = [];
  for (const { statement, signer, place } of attested.statements) {
    const found = provenanceOf(statement);
    if (!found) continue;
    const misfit = misfits(found, signer, policy, commit);
    if (misfit.length === 0) return found;
    problems.push(`${place}: ${misfit.join("; ")}`);
  }
  throw new Failure({
    code: "InvalidProvenance",
    message: `${subject}: expected trusted SLSA provenance from ${policy.repository}, ${policy.workflow}, commit ${commit}; ${problems.length > 0 ? problems.slice(0, 3).join(" | ") : "none was found"}`,
    hint: "Build the image with the expected workflow (actions/attest-build-provenance with push-to-registry), or change liftlock:trust.provenance.",
  });
}
