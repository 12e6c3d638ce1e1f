# Takes a backup: everything into one directory, which goes encrypted into the repository as one snapshot.

# A format that pg_restore can prove. The dump waits for no migration for long, so that none waits for it.
dump_databases() {
  mkdir -p "$work/databases"
  printf %s "$databases" | while read -r service name user _; do
    id=$(container_of "$service")
    [ -n "$id" ] || fail BackupFailed "no container of $service runs on this host"
    docker exec "$id" pg_dump --format custom --lock-wait-timeout 60s --no-password --username "$user" --dbname "$name" \
      >"$work/databases/$service.$name.dump" 2>"$said" </dev/null ||
      fail BackupFailed "pg_dump of $name in $service failed: $(words "$said")"
    [ -s "$work/databases/$service.$name.dump" ] || fail BackupFailed "pg_dump of $name in $service gave nothing"
  done
}

# Owners and modes of files are the container's: only the engine may read them all, and writes them as an archive. The container that it
# needs for that is never started.
copy_volumes() {
  mkdir -p "$work/volumes"
  for volume in $volumes; do
    user=$(docker ps --all --quiet --no-trunc --filter "volume=${app}_$volume" | head -n 1)
    [ -n "$user" ] || fail BackupFailed "no container on this host uses the volume $volume"
    image=$(docker inspect --type container --format '{{.Image}}' "$user")
    id=$(docker create --label "liftlock.backup=$app" --network none --volume "${app}_$volume:/volume:ro" "$image")
    docker cp "$id:/volume" - >"$work/volumes/$volume.tar" 2>"$said" ||
      fail BackupFailed "the volume $volume could not be read: $(words "$said")"
    docker rm "$id" >/dev/null
  done
}

# The files of the deployment, secrets among them: with an image's registry they bring the release back.
copy_configuration() {
  mkdir -p "$work/configuration"
  files=$home
  [ ! -f "$home/active" ] || files=$home/slots/$(cat "$home/active")
  for file in compose.yaml pins.yaml environment; do
    [ ! -f "$files/$file" ] || cp "$files/$file" "$work/configuration/$file"
  done
  for file in release attempt active; do
    [ ! -f "$home/$file" ] || cp "$home/$file" "$work/configuration/$file"
  done
}

# What is in a snapshot is told by its tags: a list of them needs nothing else.
tags() {
  printf ' --tag liftlock --tag bytes=%s' "$1"
  version=$(base64 -d <"$home/release" 2>/dev/null | sed -n 's/.*"version":"\([A-Za-z0-9._+-]*\)".*/\1/p')
  [ -z "$version" ] || printf ' --tag release=%s' "$version"
  printf %s "$databases" | while read -r service name _; do printf ' --tag database=%s.%s' "$service" "$name"; done
  for volume in $volumes; do printf ' --tag volume=%s' "$volume"; done
}

store() {
  begun=$(date +%s)
  rm -rf "$work"
  mkdir -p "$work"
  open_storage BackupFailed || storage 300 init >/dev/null ||
    fail BackupFailed "no repository could be made in the storage of backups: $(words "$said")"
  dump_databases
  copy_volumes
  copy_configuration
  (cd "$work" && find . -type f | LC_ALL=C sort | xargs sha256sum >"$scratch/manifest" && mv "$scratch/manifest" manifest)
  bytes=$(find "$work" -type f -exec wc -c {} + | awk '$2 != "total" { sum += $1 } END { printf "%d", sum }')
  # shellcheck disable=SC2046
  summary=$(cd "$work" && storage 7200 backup --quiet --json --host "$label" $(tags "$bytes") .) ||
    fail BackupFailed "the backup could not be stored: $(words "$said")"
  id=$(printf '%s\n' "$summary" | sed -n 's/.*"snapshot_id":"\([0-9a-f]*\)".*/\1/p')
  added=$(printf '%s\n' "$summary" | sed -n 's/.*"data_added":\([0-9]*\).*/\1/p')
  [ -n "$id" ] || fail BackupFailed 'restic names no snapshot'
  rm -rf "$work"
  now=$(date +%s)
  printf 'snapshot %s\nat %s\nbytes %s\nadded %s\nseconds %s\n' "$id" "$now" "$bytes" "${added:-0}" "$((now - begun))" >"$here/last.next"
  mv "$here/last.next" "$here/last"
  rm -f "$here/failed"
}

take() {
  take_lock "$1" BackupFailed
  release_services
  sweep
  store
  cat "$here/last"
  # All of the last day stay, also what was there before a restore. What was stored is stored: old snapshots that stay a day longer are no reason to call it failed.
  storage 3600 forget --quiet --prune --host "$label" --tag liftlock --group-by host \
    --keep-within 1d --keep-daily "$daily" --keep-weekly "$weekly" --keep-monthly "$monthly" >/dev/null ||
    printf 'warning old snapshots could not be removed: %s\n' "$(words "$said")"
}

# A host that has never been backed up may be there in place of one that was: its databases may be empty, and their backups would push out
# those that are wanted. A person decides, by restoring, or by the first backup.
verify_own() {
  [ ! -f "$here/last" ] || return 0
  open_storage BackupFailed || return 0
  found=$(storage 300 --no-lock snapshots --json --host "$label" --tag liftlock) || found=''
  case $found in
    *'"id":'*) fail BackupFailed 'the storage has backups of another host than this: restore one, or take the first of this host by hand' ;;
  esac
}

# Whether the time of the schedule has passed since the last backup. After a failure an hour is waited.
due() {
  [ -f "$home/release" ] || return 1
  now=$(date +%s)
  last=$(sed -n 's/^at //p' "$here/last" 2>/dev/null || :)
  [ "${last:-0}" -lt "$(((now - offset) / period * period + offset))" ] || return 1
  tried=$(sed -n '1s/ .*//p' "$here/failed" 2>/dev/null || :)
  [ "$((now - ${tried:-0}))" -ge 3600 ]
}
