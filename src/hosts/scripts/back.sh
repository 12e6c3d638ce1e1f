# Gives all traffic back to the slot that was left, at once and without a driver: what it holds must be the release that is asked for.
# Input: "app NAME", "release ID". Prints "back SLOT", or "kept WHY".
set -eu
app='' release=''
while read -r key value; do
  case $key in app | release) eval "$key=\$value" ;; esac
done
home=$HOME/liftlock/$app
ask() { printf '%s\n' "$1" | socat -t 5 - UNIX-CONNECT:/run/liftlock-edge/admin.sock; }
keep() { printf 'kept %s\n' "$1"; exit 0; }
cd "$home" 2>/dev/null || keep 'nothing was deployed here'
id() { base64 -d <"slots/$1/release" 2>/dev/null | sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p'; }
active=$(cat active 2>/dev/null || keep 'it has no edge')
case $active in blue) other=green ;; *) other=blue ;; esac
if [ "$(id "$active")" = "$release" ] && [ "$(cat slot)" != "$active" ]; then other=$active active=$(cat slot); fi
[ "$(id "$other")" = "$release" ] || keep "its other slot does not hold $release"
rm -f "slots/$other/retired"
# Already stopped: it starts again, which takes a moment more.
ids=$(docker ps --all --quiet --filter "label=com.docker.compose.project=$app-$other" --filter status=exited)
# shellcheck disable=SC2086
[ -z "$ids" ] || docker start $ids >/dev/null
for _ in $(seq 300); do
  found=$(ask 'show stat' | awk -F , -v slot="$other" '$2 == slot { print $1, $18 }')
  if [ -n "$found" ] && ! printf '%s\n' "$found" | grep -qv ' UP$'; then break; fi
  found=''
  sleep 0.05
done
[ -n "$found" ] || keep "the release in its $other slot is not healthy"
ask "$(printf '%s\n' "$found" | awk -v to="$other" -v from="$active" '{ print "set server " $1 "/" to " weight 100; set server " $1 "/" from " weight 0" }' | paste -s -d ';' -)" >/dev/null
sed -i -e "s/^\(  server $other .* weight\) .*/\1 100/" -e "s/^\(  server $active .* weight\) .*/\1 0/" "$HOME/liftlock/edge/haproxy.cfg"
printf '%s\n' "$other" >active
printf 'back %s\n' "$other"
