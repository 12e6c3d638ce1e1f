/** Scripts of the release workflow. They run in bash with `-eo pipefail`; what comes from outside comes as a variable. */

const name = '"$REGISTRY/$REPOSITORIES/$SERVICE"';

/** Builds one service's image with its labels and pushes it under its version. `services/<service>` is its source. */
export const buildImage = `\
mkdir -p "$RESULTS"
docker buildx build "services/$SERVICE" --push --platform linux/amd64 --provenance=false \\
  --tag ${name}":$VERSION" --metadata-file "$RESULTS/$SERVICE.metadata.json" \\
  --label "org.opencontainers.image.source=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" \\
  --label "org.opencontainers.image.revision=$GITHUB_SHA" \\
  --label "org.opencontainers.image.version=$VERSION" \\
  --label "org.opencontainers.image.created=$CREATED"
digest=$(jq --exit-status --raw-output '."containerimage.digest"' "$RESULTS/$SERVICE.metadata.json")
jq --null-input --arg service "$SERVICE" --arg image ${name}"@$digest" '{($service): $image}' > "$RESULTS/$SERVICE.image.json"
echo "$SERVICE is $digest."
`;

/** What is in the image, and what is known to be wrong with it. A finding does not stop the build: the promotion judges it. */
export const scanImage = `\
image=$(jq --raw-output '.[]' "$RESULTS/$SERVICE.image.json")
trivy image --quiet --format cyclonedx --output "$RESULTS/$SERVICE.sbom.json" "$image"
trivy image --quiet --format cosign-vuln --output "$RESULTS/$SERVICE.scan.json" "$image"
`;

/** Signs exactly the digest and attests where it comes from, what is in it and what the scan found. Without COSIGN_KEY: with the run's identity. */
export const signImage = `\
image=$(jq --raw-output '.[]' "$RESULTS/$SERVICE.image.json")
jq --null-input --arg repository "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" --arg ref "$GITHUB_REF" --arg commit "$GITHUB_SHA" \\
  --arg path "$(echo "\${GITHUB_WORKFLOW_REF#"$GITHUB_REPOSITORY/"}" | cut -d @ -f 1)" --arg run "$GITHUB_RUN_ID/attempts/$GITHUB_RUN_ATTEMPT" '{
  buildDefinition: {
    buildType: "https://actions.github.io/buildtypes/workflow/v1",
    externalParameters: {workflow: {ref: $ref, repository: $repository, path: $path}},
    internalParameters: {github: {event_name: "push", runner_environment: "github-hosted"}},
    resolvedDependencies: [{uri: "git+\\($repository)@\\($ref)", digest: {gitCommit: $commit}}]
  },
  runDetails: {
    builder: {id: "https://github.com/actions/runner/github-hosted"},
    metadata: {invocationId: "\\($repository)/actions/runs/\\($run)"}
  }
}' > "$RESULTS/$SERVICE.provenance.json"
key=()
if [ -n "$COSIGN_KEY" ]; then key=(--key "$COSIGN_KEY"); fi
cosign sign --yes "\${key[@]}" "$image"
cosign attest --yes "\${key[@]}" --type slsaprovenance1 --predicate "$RESULTS/$SERVICE.provenance.json" "$image"
cosign attest --yes "\${key[@]}" --type cyclonedx --predicate "$RESULTS/$SERVICE.sbom.json" "$image"
cosign attest --yes "\${key[@]}" --type vuln --predicate "$RESULTS/$SERVICE.scan.json" "$image"
`;

/** One file with every digest; `latest` follows in staging's repositories, where it means the newest that was built. */
export const assembleRelease = `\
jq --slurp --arg version "$VERSION" --arg commit "$GITHUB_SHA" --arg createdAt "$CREATED" \\
  '{version: $version, commit: $commit, createdAt: $createdAt, images: add}' images/*.image.json > release.json
jq --raw-output '.images | to_entries[] | "\\(.key) \\(.value)"' release.json | while read -r service image; do
  docker buildx imagetools create --tag "$REGISTRY/$REPOSITORIES/$service:latest" "$image"
done
{
  echo "## Release $VERSION"
  echo
  echo "| service | image |"
  echo "| --- | --- |"
  jq --raw-output '.images | to_entries[] | "| \\(.key) | \`\\(.value)\` |"' release.json
} >> "$GITHUB_STEP_SUMMARY"
`;
