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
# What is reachable from beside this host: TCP that listens, UDP that takes anybody's packets. Loopback is nobody else's.
if sockets=$(ss -H -ltun 2>/dev/null); then
  printf '%s\n' "$sockets" |
    awk 'NF >= 5 && $5 !~ /^(127\.|\[::1\]|\[::ffff:127\.)/ { print "listens", $1, $5 }' | sort -u
else
  echo 'listens unknown'
fi
printf 'guard %s\n' "$(systemctl is-active liftlock-metadata 2>/dev/null || :)"
# In a cluster the engine tells of its part in it, and the first manager what was asked for and whom it sees.
if [ -f "$home/cluster" ]; then
  docker info --format 'cluster {{.Swarm.LocalNodeState}} {{.Swarm.NodeID}}'
  [ ! -f "$home/tasks" ] || sed 's/^/task /' "$home/tasks"
  [ "$(docker info --format '{{.Swarm.ControlAvailable}}')" != true ] ||
    docker node ls --format 'node {{.Hostname}} {{.Status}} {{.Availability}}' 2>/dev/null || true
fi
if [ -f "$home/slot" ]; then
  printf 'show stat\n' | socat -t 5 - UNIX-CONNECT:/run/liftlock-edge/admin.sock 2>/dev/null |
    awk -F , '$2 == "blue" || $2 == "green" { print "edge", $1, $2, $19, $18 }'
fi
# The certificate that the edge shows, without its key; what it asks an authority for, and why it has not got it.
edge=$HOME/liftlock/edge
if [ -f "$edge/tls.pem" ]; then
  awk '/^-+END/ && on { print ""; exit } on { printf "%s", $0 } /^-+BEGIN CERTIFICATE-+$/ { on = 1; printf "certificate leaf " }' "$edge/tls.pem"
  [ ! -f "$edge/acme/settings" ] || sed -n 's/^name /certificate wanted /p' "$edge/acme/settings"
  [ ! -f "$edge/acme/failures" ] ||
    sed -n '1s/^\([0-9]* [0-9]*\) .*/certificate failed \1/p; 2s/^/certificate reason /p' "$edge/acme/failures"
fi
# Every call of the engine's client costs a host more than all the rest: three are enough.
ids=$(docker ps --all --no-trunc --format '{{.ID}} {{.Label "com.docker.compose.project"}}/{{.Label "com.docker.stack.namespace"}}' |
  awk -v app="$app" '{ split($2, of, "/") } of[1] == app || of[1] == app "-blue" || of[1] == app "-green" || of[2] == app "-swarm" { print $1 }')
[ -n "$ids" ] || exit 0
# shellcheck disable=SC2086
containers=$(docker inspect --type container --format '{{.Image}} container {"id":{{json .Id}},"task":{{json (index .Config.Labels "com.docker.swarm.service.name")}},"service":{{json (index .Config.Labels "com.docker.compose.service")}},"project":{{json (index .Config.Labels "com.docker.compose.project")}},"oneoff":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"image":{{json .Image}},"reference":{{json .Config.Image}},"state":{{json .State}},"restarts":{{json .RestartCount}}}' $ids)
printf '%s\n' "$containers" | sed 's/^[^ ]* //'
# shellcheck disable=SC2046
docker image inspect --format 'image {"id":{{json .Id}},"digests":{{json .RepoDigests}}}' $(printf '%s\n' "$containers" | sed 's/ .*//' | sort -u)
