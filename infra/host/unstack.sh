# Stops and removes the application from its cluster. Volumes and the record of attempts stay.
cd "$home" 2>/dev/null || exit 0
exec 9>lock
flock -w "$((wait + 60))" 9 || fail HostBusy 76 "another deployment has held $home/lock for $((wait + 60)) s"
docker stack rm "$app-swarm" || true
# Services end in the background: who makes the next ones at once would meet their network and their ports.
for _ in $(seq 60); do
  [ -n "$(docker network ls --quiet --filter "label=com.docker.stack.namespace=$app-swarm")" ] || break
  sleep 0.5
done
[ ! -f compose.yaml ] || compose down --remove-orphans --timeout 30
