# Shared by the scripts that run on a host. The text of a script is fixed; what varies arrives on standard input, one
# "key value" per line, values that are more than a word in base64. So no value is ever in a command line or a log.
set -eu
umask 077
# Where the edge's program is; a session over SSH does not look there.
PATH=$PATH:/usr/sbin

# fail CODE EXIT MESSAGE: the exit status names the stage to the driver, the line on standard error tells a person.
fail() {
  printf 'liftlock: %s: %s\n' "$1" "$3" >&2
  exit "$2"
}

attempt=0 mode=forward wait=120 migration=300 limit='' profiles='' services='' stateful='' jobs=''
release='' compose='' pins='' environment='' registry='' app=''
beside=1 traffic=100 drain=30 warm=600 edge='' page='' tls='' acme='' renewal='' once='' smoke='' cluster=''
while read -r key value; do
  case $key in
    app | attempt | mode | wait | migration | release | compose | pins | environment | registry) eval "$key=\$value" ;;
    deployment) ;;
    cluster) cluster=$value ;;
    beside | traffic | drain | warm | edge | page | tls | acme | renewal) eval "$key=\$value" ;;
    profile) profiles="$profiles,$value" ;;
    service) services="$services $value" ;;
    stateful) stateful="$stateful $value" ;;
    job) jobs="$jobs $value" ;;
    once) once="$once $value" ;;
    smoke) smoke="$smoke $value" ;;
    '') ;;
    *) fail PayloadUnknown 64 "the payload has the unknown key $key" ;;
  esac
done
home=$HOME/liftlock/$app
# Where compose works: its files, and the project whose containers are meant.
directory=$home project=$app

# A newer attempt announces itself in `wanted` before it waits for the lock; an older script that is still running
# (its driver may be dead) sees that between two phases and stops.
entered=''
enter() {
  [ -z "$entered" ] || return 0
  # Asking cloud-init takes most of a second: the file is there once the host is made.
  [ -e /run/cloud-init/result.json ] || cloud-init status --wait >/dev/null 2>&1 || true
  mkdir -p "$home/next"
  cd "$home"
  not_stale
  if [ "$attempt" -gt "$(cat wanted 2>/dev/null || echo 0)" ]; then printf '%s\n' "$attempt" >wanted; fi
  exec 9>lock
  flock -w "$((wait + 60))" 9 || fail HostBusy 76 "another deployment has held $home/lock for $((wait + 60)) s"
  not_stale
  entered=yes
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
  cd "$directory"
  exec ${limit:+timeout --kill-after=10 "$limit"} docker compose --project-name "$project" --project-directory "$home" \
    --env-file environment --file compose.yaml --file pins.yaml "$@"
}

compose() { (become_compose "$@"); }

# Writes the files of this attempt beside the running ones. Loopback ports begin with the number of a slot.
write_files() {
  printf %s "$compose" | base64 -d >"$home/next/compose.yaml"
  printf %s "$pins" | base64 -d | sed "s/@slot@/${1:-21}/g" >"$home/next/pins.yaml"
  printf %s "$environment" | base64 -d >"$home/next/environment"
}

# What compose has to accept, as a hash: everything but which images are pinned.
accepted() {
  {
    printf '%s\n' "$compose" "$environment" "$profiles"
    printf %s "$pins" | base64 -d | sed '/^ *image: /d'
  } | sha256sum | cut -d ' ' -f 1
}

# stage SERVICE…: checks what was written and fetches what is missing. Where only images change, and they are there, nothing is asked
# of compose: each of its calls takes longer than all the rest.
stage() {
  directory=$home/next
  # What the driver has begun to fetch is not asked for twice.
  if [ -e "$HOME/liftlock/fetching" ]; then flock -w "$wait" "$HOME/liftlock/fetching" true || true; fi
  # What follows may need the registry too: a cluster hands the credentials on to its workers.
  log_in
  print=$(accepted)
  # shellcheck disable=SC2046
  if [ "$print" != "$(cat "$home/accepted" 2>/dev/null)" ] ||
    ! docker image inspect --format '{{.Id}}' $(sed -n 's/^ *image: //p' "$directory/pins.yaml") >/dev/null 2>&1; then
    compose config --quiet || fail ComposeInvalid 71 'docker compose refuses the compose file'
    compose pull --quiet --policy missing "$@" || fail PullFailed 70 'an image could not be pulled'
    printf '%s\n' "$print" >"$home/accepted"
  fi
  still_wanted
}

# Sends a line of commands to the edge's socket `admin` or `master`, and prints its answer.
ask_edge() { printf '%s\n' "$2" | socat -t 10 - "UNIX-CONNECT:/run/liftlock-edge/$1.sock" 2>/dev/null; }

# Services without which a route answers nothing, by slot: `route status`.
targets() { ask_edge admin 'show stat' | awk -F , -v slot="$1" '$2 == slot { print $1, $18 }'; }

containers() { docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=${1:-$project}"; }

# A service that keeps restarting is neither well nor ended. Two restarts are enough, of a container that was started since we began: one that was
# there before may have restarted in its time.
crashing() {
  ids=$(containers)
  [ -n "$ids" ] || return 1
  # shellcheck disable=SC2086
  docker inspect --type container --format '{{.RestartCount}} {{.State.StartedAt}}' $ids 2>/dev/null |
    awk -v began="$(date --utc --date "@$began" +%FT%T)" '$1 >= 2 && $2 >= began { found = 1 } END { exit !found }'
}

# unwell SERVICE…: the containers of these services that do not run, or are not healthy yet, in the engine's words; nothing when all are well.
# Without a health check a second has to do: many end sooner than that. Fails when one never will be well.
unwell() {
  listed=$(docker ps --all --filter "label=com.docker.compose.project=$project" \
    --format '{{.Label "com.docker.compose.service"}}|{{.Names}}|{{.State}}|{{.Status}}') || return
  printf '%s\n' "$listed" | awk -F '|' -v services=" $* " '
    index(services, " " $1 " ") == 0 { next }
    $3 == "exited" || $3 == "dead" || $4 ~ /\(unhealthy\)/ { print $2 ": " $4; ended = 1; next }
    $3 != "running" || $4 ~ /\(health: starting\)|^Up Less than a second$/ { print $2 ": " $4 }
    END { exit ended }'
}

# Waits until every one of these services is well. Compose could wait as well (--wait); it looks twice a second, and so most starts would take
# half a second more. Each look starts the engine's client, which takes the processor from what is starting: the longer it takes the fewer they are.
await_well() {
  pauses='0.25 0.1 0.1 0.15 0.2 0.3 0.4 0.5'
  while :; do
    sleep "${pauses%% *}"
    # The last one stays.
    pauses=${pauses#* }
    status=0
    left=$(unwell "$@") || status=$?
    if [ "$status" -eq 0 ] && [ -z "$left" ]; then return; fi
    waited=$(($(date +%s) - began))
    if [ "$status" -ne 0 ] || [ "$waited" -gt "$wait" ]; then
      printf '%s\n' "$left" | tail -n 5 >&2
      fail StartFailed 73 'not every service became healthy'
    fi
    case $left in *': Restarting '*) ! crashing || fail StartFailed 73 'a service keeps restarting' ;; esac
  done
}

# start SECONDS SERVICE…: switches to the release in $directory, and waits until every service is healthy. Containers that are replaced get this
# many seconds to end; empty: their own.
start() {
  grace=$1
  shift
  began=$(date +%s) looks=0
  (
    limit=$wait
    become_compose up --detach --no-build --pull never --remove-orphans ${grace:+--timeout "$grace"} "$@"
  ) 9>&- >"$home/compose.log" 2>&1 &
  up=$!
  while kill -0 "$up" 2>/dev/null; do
    sleep 0.05
    looks=$((looks + 1))
    # About once a second.
    if [ $((looks % 20)) -eq 0 ] && crashing; then
      kill "$up" 2>/dev/null || true
      fail StartFailed 73 'a service keeps restarting'
    fi
  done
  if ! wait "$up"; then
    tail -n 5 "$home/compose.log" >&2
    fail StartFailed 73 'not every service became healthy'
  fi
  await_well "$@"
}

# The record is written before anything is touched: what the host says is the last word after a killed driver.
record() {
  printf '%s\n' "$release" >"$home/release"
  printf '%s\n' "$attempt" >"$home/attempt"
  printf '%s\n' "$1" >"$home/phase"
}
