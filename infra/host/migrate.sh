# Runs the release's jobs (its migrations) once, one after another, before any host gets the release. On the way back nothing is migrated: the older
# release's migrator does not know the newer schema.
enter
if [ "$mode" = revert ]; then exit 0; fi
write_files
# shellcheck disable=SC2086
stage $stateful $jobs
record migrating
# shellcheck disable=SC2086
[ -z "$stateful" ] || compose up --detach --no-build --pull never --no-deps --wait --wait-timeout "$wait" $stateful \
  >"$home/compose.log" 2>&1 || {
  tail -n 5 "$home/compose.log" >&2
  fail StartFailed 73 "not every one of$stateful became healthy"
}
# Their output may hold secrets: it stays on the host, where the driver reads it after a failure.
: >"$home/migrator.log"
for job in $jobs; do
  status=0
  (
    limit=$migration
    become_compose run --rm --no-TTY --no-deps "$job"
  ) </dev/null >>"$home/migrator.log" 2>&1 || status=$?
  [ "$status" -ne 124 ] || fail MigrationFailed 72 "$job had not ended after $migration s"
  [ "$status" -eq 0 ] || fail MigrationFailed 72 "$job ended with $status"
done
