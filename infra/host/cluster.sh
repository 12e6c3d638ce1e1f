# Makes this host the first manager of its environment's cluster, or finds that it is, and prints what the others need to join it.
# shellcheck disable=SC2154
of() { printf %s "$cluster" | base64 -d | sed -n "s/^$1 //p"; }

enter
# Containers of a deployment by compose would keep their ports, and removing that deployment would take their data's service along.
if [ -f compose.yaml ] && [ ! -f cluster ]; then
  fail ClusterFailed 81 'this host was deployed to with compose: an environment keeps its runtime, make a new one for a cluster'
fi
case $(docker info --format '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}') in
  'active true') ;;
  *)
    # What is left of a cluster that this host no longer manages is of no use: the others find the new one by its id.
    docker swarm leave --force >/dev/null 2>&1 || true
    docker swarm init --advertise-addr "$(of address)" >"$home/cluster.log" 2>&1 || {
      rm -f cluster
      fail ClusterFailed 81 "no cluster could be made: $(tail -n 1 "$home/cluster.log")"
    }
    ;;
esac
docker info --format '{{.Swarm.Cluster.ID}}' >cluster
printf 'id %s\n' "$(cat cluster)"
printf 'token %s\n' "$(docker swarm join-token --quiet worker)"
