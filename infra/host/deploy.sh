# Puts one release on this host, in place: check, pull, switch, wait until every service is healthy.
containers() { docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$app"; }

# Compose waits for a service that keeps restarting until the time is over. Two restarts of a new container are enough.
crashing() {
  for id in $(containers); do
    case $before in *"$id"*) continue ;; esac
    [ "$(docker inspect --type container --format '{{.RestartCount}}' "$id" 2>/dev/null || echo 0)" -lt 2 ] || return 0
  done
  return 1
}

enter
stage
record deploying
cd "$home"
mv next/compose.yaml next/pins.yaml next/environment .
before=$(containers)
# shellcheck disable=SC2086
(become_compose up --detach --no-build --pull never --remove-orphans --wait --wait-timeout "$wait" $services $stateful) 9>&- >compose.log 2>&1 &
up=$!
looks=0
while kill -0 "$up" 2>/dev/null; do
  sleep 0.1
  looks=$((looks + 1))
  if [ $((looks % 10)) -eq 0 ] && crashing; then
    kill "$up" 2>/dev/null || true
    fail StartFailed 73 'a service keeps restarting'
  fi
done
if ! wait "$up"; then
  tail -n 5 compose.log >&2
  fail StartFailed 73 'not every service became healthy'
fi
record deployed
