# Fetches images ahead of the update, side by side. Input: "registry BASE64" (a Docker configuration), "image REFERENCE" lines.
set -eu
umask 077
DOCKER_CONFIG=$(mktemp -d)
export DOCKER_CONFIG
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
# A deployment that begins meanwhile waits for it.
mkdir -p "$HOME/liftlock"
exec 8>"$HOME/liftlock/fetching"
flock --shared 8
while read -r key value; do
  case $key in
    registry) printf %s "$value" | base64 -d >"$DOCKER_CONFIG/config.json" ;;
    image)
      (
        docker image inspect --format '{{.Id}}' "$value" >/dev/null 2>&1 || docker pull --quiet "$value" >/dev/null
        printf 'fetched %s\n' "$value"
      ) 2>&1 &
      ;;
  esac
done
wait
