# Puts one release on the cluster, from its first manager: check, pull, update the stack, wait until every service has as many healthy
# tasks of this release as it is to have.
# shellcheck disable=SC2154
of() { printf %s "$cluster" | base64 -d | sed -n "s/^$1 //p"; }

# Not the application's name alone: what is stateful keeps that one's networks, on this host.
stack=$app-swarm

# stack COMMAND…: values come from the environment, as the engine's client reads them.
stack() (
  cd "$stack_home"
  # shellcheck disable=SC1091
  set -a && . ./variables && set +a
  exec docker stack "$@"
)

write_stack() {
  mkdir -p "$home/next/stack"
  of stack | base64 -d >"$home/next/stack/compose.yaml"
  of swarm | base64 -d >"$home/next/stack/swarm.yaml"
  of variables | base64 -d >"$home/next/stack/variables"
  { printf 'services:\n'; of task | while read -r name _ image; do printf '  %s:\n    image: %s\n' "$name" "$image"; done; } >"$home/next/stack/pins.yaml"
  stack_home=$home/next/stack
  stack config -c compose.yaml -c pins.yaml -c swarm.yaml >/dev/null 2>"$home/stack.log" || {
    tail -n 5 "$home/stack.log" >&2
    fail ComposeInvalid 71 "docker stack refuses the compose file: $(tail -n 1 "$home/stack.log")"
  }
}

# Hosts that are lost, or were made anew, leave an entry behind. Whoever is to be there has to be.
await_nodes() {
  for _ in $(seq 60); do
    nodes=$(docker node ls --format '{{.ID}} {{.Hostname}} {{.Status}} {{.Availability}}')
    missing=''
    for name in $(of node); do
      printf '%s\n' "$nodes" | grep -q " $name Ready Active$" || missing="$missing $name"
    done
    [ -n "$missing" ] || break
    sleep 0.5
  done
  [ -z "$missing" ] || fail ClusterFailed 81 "not ready in the cluster:$missing"
  printf '%s\n' "$nodes" | while read -r id name status _; do
    case "$status $(of node | tr '\n' ' ')" in
      Ready*) ;;
      *) docker node demote "$id" >/dev/null 2>&1 || true; docker node rm --force "$id" >/dev/null 2>&1 || true ;;
    esac
  done
}

# The first of the hosts manage the cluster: more of them outlive more losses.
appoint() {
  count=$(of managers)
  for name in $(of node); do
    manages=$(docker node inspect --format '{{.Spec.Role}}' "$name")
    if [ "$count" -gt 0 ]; then wants=manager; else wants=worker; fi
    count=$((count - 1))
    [ "$manages" = "$wants" ] || docker node update --role "$wants" "$name" >/dev/null
  done
}

# Everything that is known of the stack, a line each: `want SERVICE COUNT DIGEST`, `old TASK`, `update SERVICE STATE`, `task …`.
tell() {
  of task | while read -r name count image; do printf 'want|%s_%s|%s|%s\n' "$stack" "$name" "$count" "${image##*@}"; done
  for id in $before; do printf 'old|%s\n' "$id"; done
  ids=$(docker stack services --quiet "$stack")
  # shellcheck disable=SC2086
  [ -z "$ids" ] || docker service inspect --format 'update|{{.Spec.Name}}|{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}' $ids
  docker stack ps --no-trunc --format 'task|{{.ID}}|{{.Name}}|{{.Image}}|{{.DesiredState}}|{{.CurrentState}}|{{.Error}}' "$stack" 2>/dev/null
}

# Prints `done`, `waiting COUNT WHY`, `failed WHY` or `pull WHY`.
judge() {
  awk -F '|' '
    $1 == "want" { count[$2] = $3; digest[$2] = $4; next }
    $1 == "old" { old[$2] = 1; next }
    $1 == "update" { state[$2] = $3; next }
    $1 == "task" {
      service = $3; sub(/\.[^.]*$/, "", service)
      ours = index($4, "@" digest[service]) > 0
      split($6, word, " ")
      if ($5 == "Running" && word[1] == "Running") { if (ours) good[service]++; else bad[service]++ }
      else if ($5 == "Running" && !ours) bad[service]++
      if (ours && !($2 in old) && (word[1] == "Failed" || word[1] == "Rejected" || word[1] == "Complete")) {
        failures[service]++; why[service] = $7
        if (word[1] == "Rejected") rejected[service]++
      }
    }
    END {
      missing = ""; ready = 0
      for (service in count) {
        if (state[service] ~ /^(rollback_|paused)/ || failures[service] > 1) {
          print (rejected[service] && why[service] ~ /image/ ? "pull " : "failed ") service (why[service] == "" ? "" : ": " why[service]); exit
        }
        ready += good[service]
        if (good[service] + 0 != count[service] || bad[service] > 0 || state[service] == "updating")
          missing = missing " " service " " (good[service] + 0) "/" count[service]
      }
      print missing == "" ? "done" : "waiting " ready missing
    }'
}

# Waits for as long as something comes, `wait` seconds for each step.
converge() {
  best=-1 deadline=0
  while :; do
    still_wanted
    found=$(tell | judge)
    case $found in
      done) return ;;
      pull*) fail PullFailed 70 "a node could not pull an image: ${found#pull }" ;;
      failed*) fail StartFailed 73 "a service does not stay up: ${found#failed }" ;;
    esac
    ready=$(printf '%s' "$found" | cut -d ' ' -f 2)
    now=$(date +%s)
    if [ "$ready" -gt "$best" ]; then best=$ready deadline=$((now + wait)); fi
    [ "$now" -lt "$deadline" ] || fail StartFailed 73 "not every service became healthy:$(printf '%s' "$found" | cut -d ' ' -f 3-)"
    sleep 0.3
  done
}

# The cluster may be changing a service by itself just now, taking back what failed: then it refuses a change, once.
update_stack() {
  for _ in 1 2 3 4 5; do
    if stack deploy --with-registry-auth --detach=true --prune --resolve-image never \
      -c compose.yaml -c pins.yaml -c swarm.yaml "$stack" </dev/null >"$home/stack.log" 2>&1; then return; fi
    grep -q 'out of sequence' "$home/stack.log" || break
    sleep 0.5
  done
  fail StartFailed 73 "the stack could not be updated: $(tail -n 1 "$home/stack.log")"
}

enter
[ "$(docker info --format '{{.Swarm.Cluster.ID}}')" = "$(cat cluster 2>/dev/null)" ] || fail ClusterFailed 81 'this host does not manage the cluster'
write_files
# shellcheck disable=SC2086
stage $services $stateful
write_stack
await_nodes
appoint
record deploying
mv "$home/next/compose.yaml" "$home/next/pins.yaml" "$home/next/environment" "$home"
rm -rf "$home/stack"
mv "$home/next/stack" "$home/stack"
stack_home=$home/stack
of task | cut -d ' ' -f 1,2 >"$home/tasks"
directory=$home
# shellcheck disable=SC2086
[ -z "$stateful" ] || compose up --detach --no-build --pull never --no-deps --wait --wait-timeout "$wait" $stateful \
  9>&- >"$home/compose.log" 2>&1 || {
  tail -n 5 "$home/compose.log" >&2
  fail StartFailed 73 "not every one of$stateful became healthy"
}
before=$(docker stack ps --no-trunc --quiet "$stack" 2>/dev/null || :)
still_wanted
update_stack
converge
record deployed
