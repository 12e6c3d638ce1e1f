# Prints what this host records and what its engine really runs; one fact a line. First input line: the application's name.
set -eu
read -r app
home=$HOME/liftlock/$app
record() { [ ! -f "$home/$2" ] || printf '%s %s\n' "$1" "$(cat "$home/$2")"; }
record attempt attempt
record phase phase
record release release
for file in compose.yaml pins.yaml environment; do
  [ ! -f "$home/$file" ] || printf 'file %s %s\n' "$file" "$(sha256sum <"$home/$file" | cut -d ' ' -f 1)"
done
ids=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$app")
[ -n "$ids" ] || exit 0
# shellcheck disable=SC2086
docker inspect --type container --format 'container {"id":{{json .Id}},"service":{{json (index .Config.Labels "com.docker.compose.service")}},"oneoff":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"image":{{json .Image}},"reference":{{json .Config.Image}},"state":{{json .State}},"restarts":{{json .RestartCount}}}' $ids
# shellcheck disable=SC2046,SC2086
docker image inspect --format 'image {"id":{{json .Id}},"digests":{{json .RepoDigests}}}' $(docker inspect --type container --format '{{.Image}}' $ids | sort -u)
