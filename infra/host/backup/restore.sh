# Brings a backup back into what runs. What is there is backed up before; a database changes in one transaction, or not at all.

# Everything of the application that runs here, but for the databases: nobody writes meanwhile. It is noted before: when this is killed, the
# next run, or the timer, starts them again.
hold_services() {
  keepers=' '
  printf %s "$databases" >"$scratch/databases"
  while read -r service _; do keepers="$keepers$service "; done <"$scratch/databases"
  held=''
  for project in "$app" "$app-blue" "$app-green"; do
    for id in $(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project"); do
      service=$(docker inspect --type container --format '{{index .Config.Labels "com.docker.compose.service"}}' "$id")
      case $keepers in *" $service "*) ;; *) held="$held $id" ;; esac
    done
  done
  printf '%s\n' "$held" >"$here/held"
  # shellcheck disable=SC2086
  [ -z "$held" ] || docker stop $held >/dev/null
}

release_services() {
  [ -f "$here/held" ] || return 0
  held=$(cat "$here/held")
  # Those of a release that was replaced meanwhile are not there any more.
  # shellcheck disable=SC2086
  [ -z "$held" ] || docker start $held >/dev/null 2>&1 || :
  rm -f "$here/held"
}

await_health() {
  for _ in $(seq 240); do
    bad=$(docker ps --all --no-trunc --format '{{.ID}} {{.Status}}' | while read -r id status; do
      case " $1 " in *" $id "*) ;; *) continue ;; esac
      case $status in *'(unhealthy)'* | *'(health: starting)'*) echo "$id" ;; Up*) ;; *) echo "$id" ;; esac
    done)
    [ -n "$bad" ] || return 0
    sleep 0.5
  done
  fail RestoreFailed 'what was asked for is restored, but not every service is healthy again within 120 s'
}

put_database() {
  user=$(printf %s "$databases" | while read -r service name owner _; do
    [ "$service.$name" != "$1" ] || printf %s "$owner"
  done)
  [ -n "$user" ] || fail RestoreFailed "there is no database $1 among those that are backed up"
  service=${1%%.*} name=${1#*.}
  [ -s "$work/databases/$1.dump" ] || fail RestoreFailed "the backup has no dump of $1"
  id=$(container_of "$service")
  [ -n "$id" ] || fail RestoreFailed "no container of $service runs on this host"
  docker exec --interactive "$id" pg_restore --clean --if-exists --single-transaction --no-password --username "$user" --dbname "$name" \
    <"$work/databases/$1.dump" >/dev/null 2>"$said" ||
    fail RestoreFailed "pg_restore of $1 failed, and changed nothing: $(words "$said")"
}

# Files of the archive take the place of those there; what came after the backup stays.
put_volume() {
  [ -s "$work/volumes/$1.tar" ] || fail RestoreFailed "the backup has no volume $1"
  user=$(docker ps --all --quiet --no-trunc --filter "volume=${app}_$1" | head -n 1)
  [ -n "$user" ] || fail RestoreFailed "no container on this host uses the volume $1"
  image=$(docker inspect --type container --format '{{.Image}}' "$user")
  id=$(docker create --label "liftlock.backup=$app" --network none --volume "${app}_$1:/volume" "$image")
  docker cp - "$id:/" <"$work/volumes/$1.tar" >/dev/null 2>"$said" ||
    fail RestoreFailed "the volume $1 could not be written: $(words "$said")"
  docker rm "$id" >/dev/null
}

# restore SNAPSHOT database|volume NAME
restore() {
  started=$(date +%s)
  take_lock 5 RestoreFailed
  exec 9>>"$home/lock"
  flock --wait 30 9 || fail RestoreFailed 'a deployment is at work on this host'
  sweep
  # Before there is one that is newer.
  find_snapshot "$1" RestoreFailed
  store
  printf 'before %s\n' "$(sed -n 's/^snapshot //p' "$here/last")"
  fetch RestoreFailed
  hold_services
  "put_$2" "$3"
  stopped=$held
  release_services
  await_health "$stopped"
  now=$(date +%s)
  printf 'services %s\nat %s\nseconds %s\n' "$(printf %s "$stopped" | wc -w)" "$now" "$((now - started))"
}
