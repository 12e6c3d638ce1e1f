# Prints what this host records and what its engine really runs; one fact a line. First input line: the application's name.
set -eu
read -r app
home=$HOME/liftlock/$app
record() { [ ! -f "$home/$2" ] || printf '%s %s\n' "$1" "$(cat "$home/$2")"; }
record attempt attempt
record phase phase
record release release
record slot slot
record active active
files=$home
[ ! -f "$home/active" ] || files=$home/slots/$(cat "$home/active")
for file in compose.yaml pins.yaml environment; do
  [ ! -f "$files/$file" ] || printf 'file %s %s\n' "$file" "$(sha256sum <"$files/$file" | cut -d ' ' -f 1)"
done
# In a cluster the engine tells of its part in it, and the first manager what was asked for and whom it sees.
if [ -f "$home/cluster" ]; then
  docker info --format 'cluster {{.Swarm.LocalNodeState}} {{.Swarm.NodeID}}'
  [ ! -f "$home/tasks" ] || sed 's/^/task /' "$home/tasks"
  [ "$(docker info --format '{{.Swarm.ControlAvailable}}')" != true ] ||
    docker node ls --format 'node {{.Hostname}} {{.Status}} {{.Availability}}' 2>/dev/null || true
fi
projects=$app
if [ -f "$home/slot" ]; then
  projects="$app $app-blue $app-green"
  printf 'show stat\n' | socat -t 5 - UNIX-CONNECT:/run/liftlock-edge/admin.sock 2>/dev/null |
    awk -F , '$2 == "blue" || $2 == "green" { print "edge", $1, $2, $19, $18 }'
fi
ids=$(
  for project in $projects; do docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project"; done
  docker ps --all --quiet --no-trunc --filter "label=com.docker.stack.namespace=$app-swarm"
)
[ -n "$ids" ] || exit 0
# shellcheck disable=SC2086
docker inspect --type container --format 'container {"id":{{json .Id}},"task":{{json (index .Config.Labels "com.docker.swarm.service.name")}},"service":{{json (index .Config.Labels "com.docker.compose.service")}},"project":{{json (index .Config.Labels "com.docker.compose.project")}},"oneoff":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"image":{{json .Image}},"reference":{{json .Config.Image}},"state":{{json .State}},"restarts":{{json .RestartCount}}}' $ids
# shellcheck disable=SC2046,SC2086
docker image inspect --format 'image {"id":{{json .Id}},"digests":{{json .RepoDigests}}}' $(docker inspect --type container --format '{{.Image}}' $ids | sort -u)
