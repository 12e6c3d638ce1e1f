# Lets this host take part in its environment's cluster, and fetches the release ahead of its start.
# shellcheck disable=SC2154
of() { printf %s "$cluster" | base64 -d | sed -n "s/^$1 //p"; }

# Through the engine's socket: the token is in no command line.
join() {
  docker swarm leave --force >/dev/null 2>&1 || true
  rm -f cluster
  answer=$(printf '{"ListenAddr":"0.0.0.0:2377","AdvertiseAddr":"%s","RemoteAddrs":["%s:2377"],"JoinToken":"%s"}' \
    "$(of address)" "$(of manager)" "$(of token)" |
    curl --silent --show-error --max-time 60 --unix-socket /var/run/docker.sock --header 'Content-Type: application/json' \
      --data @- --write-out '%{http_code}' http://engine/swarm/join 2>&1) || :
  case $answer in
    *200) of id >cluster ;;
    *) fail ClusterFailed 81 "this host could not join the cluster at $(of manager): $(printf %s "$answer" | tr '\n' ' ' | cut -c 1-300)" ;;
  esac
}

enter
if [ -f compose.yaml ] && [ ! -f cluster ]; then
  fail ClusterFailed 81 'this host was deployed to with compose: an environment keeps its runtime, make a new one for a cluster'
fi
state=$(docker info --format '{{.Swarm.LocalNodeState}}')
if [ "$state" != active ] || [ "$(cat cluster 2>/dev/null)" != "$(of id)" ]; then join; fi
log_in
for image in $(of image); do
  docker image inspect --format '{{.Id}}' "$image" >/dev/null 2>&1 || docker pull --quiet "$image" >/dev/null ||
    fail PullFailed 70 "$image could not be pulled"
done
still_wanted
