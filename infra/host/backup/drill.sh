# Proves that a backup restores: into a throw-away container of the image that runs here, without a network.

# query CONTAINER USER DATABASE SQL
query() {
  docker exec "$1" psql --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --no-password --username "$2" --dbname "$3" \
    --command "$4" 2>"$said" </dev/null
}

# The first start of a database makes it, with a server that nobody reaches over TCP; only the one after it counts.
await_database() {
  for _ in $(seq 240); do
    if docker exec "$1" pg_isready --host 127.0.0.1 --username "$2" --dbname "$3" >/dev/null 2>&1 </dev/null; then return 0; fi
    [ "$(docker inspect --type container --format '{{.State.Status}}' "$1" 2>/dev/null)" = running ] ||
      fail DrillFailed "the throw-away container of $4 ended"
    sleep 0.5
  done
  fail DrillFailed "the throw-away container of $4 did not become ready within 120 s"
}

restore_database() {
  dump=$work/databases/$1.$2.dump
  [ -s "$dump" ] || fail DrillFailed "the backup has no dump of $2 in $1"
  running=$(container_of "$1")
  [ -n "$running" ] || fail DrillFailed "no container of $1 runs on this host, so its image is not known"
  image=$(docker inspect --type container --format '{{.Image}}' "$running")
  id=$(docker run --detach --label "liftlock.backup=$app" --network none --env POSTGRES_HOST_AUTH_METHOD=trust \
    --env "POSTGRES_USER=$3" --env "POSTGRES_DB=$2" "$image") || fail DrillFailed "no throw-away container of $1 could be started"
  await_database "$id" "$3" "$2" "$1"
  docker exec --interactive "$id" pg_restore --list <"$dump" >"$scratch/contents" 2>"$said" ||
    fail DrillFailed "the dump of $2 is no archive: $(words "$said")"
  listed=$(awk '$4 == "TABLE" && $5 != "DATA" && $5 != "ATTACH"' "$scratch/contents" | wc -l)
  docker exec --interactive "$id" pg_restore --exit-on-error --no-owner --no-privileges --no-password --username "$3" --dbname "$2" \
    <"$dump" >/dev/null 2>"$said" || fail DrillFailed "pg_restore of $2 failed: $(words "$said")"
  tables=$(query "$id" "$3" "$2" "select count(*) from pg_catalog.pg_tables where schemaname not in ('pg_catalog', 'information_schema')") ||
    fail DrillFailed "the restored $2 cannot be asked: $(words "$said")"
  [ "$tables" -ge "$listed" ] || fail DrillFailed "the dump of $2 lists $listed tables, $tables were restored"
  if [ "$4" != - ]; then
    sql=$(printf %s "$4" | base64 -d)
    answer=$(query "$id" "$3" "$2" "$sql") || fail DrillFailed "the check of $2 failed: $(words "$said")"
    case $answer in '' | f | 0) fail DrillFailed "the check of $2 answered \"$answer\"" ;; esac
  fi
  docker rm --force --volumes "$id" >/dev/null
  printf 'database %s %s %s\n' "$1" "$2" "$tables"
}

drill() {
  begun=$(date +%s)
  take_lock 5 DrillFailed
  sweep
  find_snapshot "$1" DrillFailed
  fetch DrillFailed
  printf 'files %s\n' "$(wc -l <"$work/manifest")"
  printf %s "$databases" >"$scratch/databases"
  while read -r service name user check; do restore_database "$service" "$name" "$user" "$check"; done <"$scratch/databases"
  for volume in $volumes; do
    entries=$(tar -tf "$work/volumes/$volume.tar" 2>"$said") ||
      fail DrillFailed "the archive of the volume $volume is not whole: $(words "$said")"
    printf 'volume %s %s\n' "$volume" "$(printf '%s\n' "$entries" | wc -l)"
  done
  storage 3600 check --read-data-subset 5% >/dev/null ||
    fail DrillFailed "the repository is not intact: $(words "$said")"
  now=$(date +%s)
  printf '%s %s passed\n' "$now" "$snapshot" >"$here/drilled.next"
  mv "$here/drilled.next" "$here/drilled"
  printf 'at %s\nseconds %s\n' "$now" "$((now - begun))"
}
