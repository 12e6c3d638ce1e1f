# Shared by the scripts that run on a host. The text of a script is fixed; what varies arrives on standard input, one
# "key value" per line, values that are more than a word in base64. So no value is ever in a command line or a log.
set -eu
umask 077

# fail CODE EXIT MESSAGE: the exit status names the stage to the driver, the line on standard error tells a person.
fail() {
  printf 'liftlock: %s: %s\n' "$1" "$3" >&2
  exit "$2"
}

attempt=0 mode=forward wait=120 migration=300 limit='' profiles='' services='' stateful='' jobs=''
release='' compose='' pins='' environment='' registry='' app=''
while read -r key value; do
  case $key in
    app | attempt | mode | wait | migration | release | compose | pins | environment | registry) eval "$key=\$value" ;;
    profile) profiles="$profiles,$value" ;;
    service) services="$services $value" ;;
    stateful) stateful="$stateful $value" ;;
    job) jobs="$jobs $value" ;;
    '') ;;
    *) fail PayloadUnknown 64 "the payload has the unknown key $key" ;;
  esac
done
home=$HOME/liftlock/$app

# A newer attempt announces itself in `wanted` before it waits for the lock; an older script that is still running
# (its driver may be dead) sees that between two phases and stops.
enter() {
  command -v cloud-init >/dev/null 2>&1 && cloud-init status --wait >/dev/null 2>&1 || true
  mkdir -p "$home/next"
  cd "$home"
  not_stale
  if [ "$attempt" -gt "$(cat wanted 2>/dev/null || echo 0)" ]; then printf '%s\n' "$attempt" >wanted; fi
  exec 9>lock
  flock -w "$((wait + 60))" 9 || fail HostBusy 76 "another deployment has held $home/lock for $((wait + 60)) s"
  not_stale
}

not_stale() {
  last=$(cat attempt 2>/dev/null || echo 0)
  [ "$attempt" -ge "$last" ] || fail StalePin 75 "attempt $attempt is older than attempt $last, which this host has run"
}

still_wanted() {
  wanted=$(cat "$home/wanted" 2>/dev/null || echo 0)
  [ "$attempt" -ge "$wanted" ] || fail Superseded 77 "attempt $attempt was overtaken by attempt $wanted"
}

# Registry credentials live in a directory of their own for as long as the script runs.
log_in() {
  DOCKER_CONFIG=$(mktemp -d)
  export DOCKER_CONFIG
  trap 'rm -rf "$DOCKER_CONFIG"' EXIT
  [ -z "$registry" ] || printf %s "$registry" | base64 -d >"$DOCKER_CONFIG/config.json"
}

# Becomes compose, ended after $limit seconds if that is set: for a subshell, whose process is then compose itself.
become_compose() {
  export COMPOSE_PROFILES="${profiles#,}"
  exec ${limit:+timeout --kill-after=10 "$limit"} docker compose --project-name "$app" --project-directory "$home" \
    --env-file environment --file compose.yaml --file pins.yaml "$@"
}

compose() { (become_compose "$@"); }

# Writes the files of this attempt beside the running ones, checks them and fetches what is missing.
stage() {
  cd "$home/next"
  printf %s "$compose" | base64 -d >compose.yaml
  printf %s "$pins" | base64 -d >pins.yaml
  printf %s "$environment" | base64 -d >environment
  compose config --quiet || fail ComposeInvalid 71 'docker compose refuses the compose file'
  log_in
  # shellcheck disable=SC2086
  compose pull --quiet --policy missing $services $stateful || fail PullFailed 70 'an image could not be pulled'
  still_wanted
}

# The record is written before anything is touched: what the host says is the last word after a killed driver.
record() {
  printf '%s\n' "$release" >"$home/release"
  printf '%s\n' "$attempt" >"$home/attempt"
  printf '%s\n' "$1" >"$home/phase"
}
