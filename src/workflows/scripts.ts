/** Scripts of steps that are more than a line. They run in bash with `-eo pipefail`; what comes from outside comes as a variable. */

/** Commits the changed stack file with the promotion's id, or opens a pull request where the branch is protected. */
export const commitPin = `\
file="Pulumi.$ENVIRONMENT.yaml"
git config user.name "github-actions[bot]"
git config user.email "41898282+github-actions[bot]@users.noreply.github.com"
git add -- "$file"
if git diff --cached --quiet; then
  echo "$file is what runs already."
  exit 0
fi
git commit --quiet --message "$ENVIRONMENT: $VERSION \${STATUS:-unfinished}" --message "Promotion: \${PROMOTION:-unknown}"
for attempt in 1 2 3; do
  # Somebody else may have pushed meanwhile; a conflict in the same file is for a person.
  git fetch --quiet origin "$BRANCH"
  if ! git -c rebase.autoStash=true rebase --quiet FETCH_HEAD; then
    git rebase --abort || true
    break
  fi
  if git push --quiet origin "HEAD:refs/heads/$BRANCH"; then
    echo "$file is committed to $BRANCH."
    exit 0
  fi
  sleep "$attempt"
done
branch="liftlock/pin-$ENVIRONMENT-\${PROMOTION:-$GITHUB_RUN_ID}"
git push --quiet origin "HEAD:refs/heads/$branch"
curl --silent --show-error --fail-with-body --max-time 30 \\
  --header "authorization: Bearer $GITHUB_TOKEN" --header "accept: application/vnd.github+json" \\
  --data "{\\"title\\": \\"Pin of $ENVIRONMENT\\", \\"head\\": \\"$branch\\", \\"base\\": \\"$BRANCH\\", \\"body\\": \\"Promotion \${PROMOTION:-unknown}. What runs is already this; merge before the next one.\\"}" \\
  "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/pulls" > /dev/null
echo "::warning title=The pin waits in a pull request::$BRANCH does not take $file from here: merge $branch before the next promotion into $ENVIRONMENT."
`;

/** Says `found=false` where the run that started this one has kept nothing under that name: it had nothing to do. */
export const lookForArtifact = `\
count=$(curl --silent --show-error --fail-with-body --max-time 30 \\
  --header "authorization: Bearer $GITHUB_TOKEN" --header "accept: application/vnd.github+json" \\
  "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/runs/$RUN/artifacts?name=$NAME" | jq --raw-output .total_count)
if [ "$count" = 0 ]; then
  echo "::notice title=Nothing to do::The run before has nothing for this one: nothing changed that users get."
  echo "found=false" >> "$GITHUB_OUTPUT"
fi
`;

/** Runs the application's tests against staging. Without any, the environment's own state is what is tested. */
export const stagingTests = `\
if [ -n "$STAGING_TESTS" ]; then
  bash -euo pipefail -c "$STAGING_TESTS"
else
  node bin/liftlock.mjs status staging
fi
`;

/** Hands a SARIF report to code scanning. A repository without it answers 403 or 404, which is no failure of ours. */
export const uploadSarif = `\
test -s "$RESULTS/drift.sarif" || { echo "There is no report."; exit 0; }
gzip --stdout "$RESULTS/drift.sarif" | base64 --wrap=0 > "$RESULTS/drift.sarif.base64"
printf '{"commit_sha": "%s", "ref": "%s", "sarif": "%s"}' "$GITHUB_SHA" "$GITHUB_REF" "$(cat "$RESULTS/drift.sarif.base64")" > "$RESULTS/upload.json"
status=$(curl --silent --show-error --max-time 60 --output /dev/null --write-out '%{http_code}' \\
  --header "authorization: Bearer $GITHUB_TOKEN" --header "accept: application/vnd.github+json" \\
  --data "@$RESULTS/upload.json" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/code-scanning/sarifs")
case "$status" in
  202) echo "Code scanning has the report." ;;
  403 | 404) echo "::notice title=Code scanning is off::The report is among the artifacts only." ;;
  *) echo "::warning title=Code scanning::expected 202, got $status"; exit 1 ;;
esac
`;
