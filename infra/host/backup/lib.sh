#!/bin/sh
# Backups of what this host keeps: databases, volumes, and the files of its deployment. Called by the timer, and by the driver:
#   run scheduled | now | list | state | drill [SNAPSHOT] | restore SNAPSHOT database SERVICE.NAME | restore SNAPSHOT volume NAME
# Prints one fact a line. After a failure the last one is "failed CODE MESSAGE", and the exit status is 1.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
home=$(dirname "$here")
app=$(basename "$home")
work=$here/work
verb=${1:-}
# Words of the programs that are called, of this run only.
scratch=$(mktemp -d)
said=$scratch/said
locked='' snapshot=''

# fail CODE MESSAGE. Where it is said in a subshell, the shell around it ends by its status, and finds the words in the file.
fail() {
  printf '%s %s\n' "$1" "$2" | tr -d '\r' >"$scratch/reason"
  exit 1
}

words() { tail -n "${2:-3}" "$1" 2>/dev/null | tr '\n\t' '  ' | tr -d '\033' | cut -c 1-400; }

# storage SECONDS ARGUMENT…: restic, ended after so many seconds. It keeps the lock for as long as it runs, also when its shell was killed.
storage() {
  limit=$1
  shift
  timeout --kill-after=30 "$limit" restic --cache-dir "$here/cache" "$@" 2>"$said" </dev/null
}

# What a run leaves that was killed: dumps in the clear, and throw-away containers.
sweep() {
  rm -rf "$work"
  left=$(docker ps --all --quiet --no-trunc --filter "label=liftlock.backup=$app" 2>/dev/null || :)
  # shellcheck disable=SC2086
  [ -z "$left" ] || docker rm --force --volumes $left >/dev/null 2>&1 || :
}

# Reads the settings. Names are single words of harmless letters by the configuration's schema.
period=86400 offset=0 daily=7 weekly=5 monthly=12 label=$app databases='' volumes=''
read_settings() {
  while read -r key value; do
    case $key in
      period | offset | daily | weekly | monthly | label) eval "$key=\$value" ;;
      database) databases="$databases$value
" ;;
      volume) volumes="$volumes $value" ;;
    esac
  done <"$here/settings"
  RESTIC_REPOSITORY=$(cat "$here/repository")
  AWS_ACCESS_KEY_ID=$(cat "$here/access")
  AWS_SECRET_ACCESS_KEY=$(cat "$here/secret")
  RESTIC_PASSWORD_FILE=$here/password
  export RESTIC_REPOSITORY RESTIC_PASSWORD_FILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  if [ -s "$here/authority" ]; then
    RESTIC_CACERT=$here/authority
    export RESTIC_CACERT
  fi
}

# open_storage CODE: whether there is a repository; a lock that a killed run left is taken away, this host is the only one that writes.
open_storage() {
  restic version >/dev/null 2>&1 ||
    fail "$1" 'restic is not installed on this host: it was made before backups were; apt-get install restic, or lift a new host in its place'
  if storage 120 --no-lock cat config >/dev/null; then
    storage 120 unlock >/dev/null || :
    return 0
  fi
  case $(cat "$said") in
    *'key does not exist'* | *'bucket does not exist'*) return 1 ;;
    *) fail "$1" "the storage of backups does not answer as it should: $(words "$said")" ;;
  esac
}

# Only one of all runs at a time. What only looks does not wait.
take_lock() {
  exec 8>"$here/lock"
  flock --wait "$1" 8 || fail "$2" 'another backup or drill is under way on this host'
  locked=yes
}

# A deployment changes what would be backed up, or needs the host for itself. It never waits for us, so we do not hold its lock.
deploying() {
  [ -e "$home/lock" ] || return 1
  exec 7>>"$home/lock"
  if flock --nonblock 7; then
    exec 7>&-
    return 1
  fi
  exec 7>&-
}

# find_snapshot SNAPSHOT CODE: its whole name, in $snapshot.
find_snapshot() {
  open_storage "$2" || fail BackupMissing 'there is no backup yet: the storage holds no repository'
  found=$(storage 300 snapshots --json --host "$label" --tag liftlock "$1") || found=''
  snapshot=$(printf '%s' "$found" | grep -o '"id":"[0-9a-f]*"' | tail -n 1 | cut -d '"' -f 4)
  [ -n "$snapshot" ] || fail BackupMissing "there is no backup $1 of $label"
  printf 'snapshot %s\n' "$snapshot"
}

# fetch CODE: the files of $snapshot, each proven to be what was backed up.
fetch() {
  rm -rf "$work"
  mkdir -p "$work"
  storage 7200 restore --verify "$snapshot" --target "$work" >/dev/null ||
    fail "$1" "the snapshot could not be fetched: $(words "$said")"
  [ -s "$work/manifest" ] || fail "$1" 'the snapshot has no manifest'
  (cd "$work" && sha256sum --check --quiet --strict manifest) >/dev/null 2>"$said" ||
    fail "$1" "files are not those that were backed up: $(words "$said")"
}

container_of() {
  docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$app" \
    --filter "label=com.docker.compose.service=$1" | head -n 1
}
