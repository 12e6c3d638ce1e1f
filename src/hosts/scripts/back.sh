# Gives all traffic back to a slot that holds the release that is asked for, at once and without a driver.
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
[ -f active ] || keep 'it has no edge'
id() { base64 -d <"slots/$1/release" 2>/dev/null | sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p'; }
# The slot that serves may hold it already: in the middle of a canary, or after a way back that was begun before.
to=$(cat active)
case $to in blue) from=green ;; *) from=blue ;; esac
if [ "$(id "$to")" != "$release" ]; then
  case $to in blue) to=green from=blue ;; *) to=blue from=green ;; esac
  [ "$(id "$to")" = "$release" ] || keep "its other slot does not hold $release"
fi
rm -f "slots/$to/retired"

# Of these services one may run at a time: they move after the traffic.
once=$(cat once 2>/dev/null || :)
stopped=$(docker ps --all --quiet --filter "label=com.docker.compose.project=$app-$to" --filter status=exited)
ids='' later=''
if [ -n "$stopped" ]; then
  # shellcheck disable=SC2086
  named=$(docker inspect --type container --format '{{.Id}} {{index .Config.Labels "com.docker.compose.service"}}' $stopped)
  while read -r container service; do
    case " $once " in *" $service "*) later="$later $container" ;; *) ids="$ids $container" ;; esac
  done <<END
$named
END
fi
# Already stopped: it starts again, which takes a moment more.
# shellcheck disable=SC2086
[ -z "$ids" ] || docker start $ids >/dev/null
# What the edge asks a service to know that it is well. Its own word may be most of a second old.
checks=$(awk -v slot="$to" '/^backend/ { path = "" } $1 == "http-check" && $2 == "send" { path = $6 } $1 == "server" && $2 == slot { print "http://" $3 path }' "$HOME/liftlock/edge/haproxy.cfg")
answers() {
  for url in $checks; do
    curl --silent --fail --output /dev/null --max-time 2 --header 'Host: localhost' "$url" || return 1
  done
}
# A deployment into this slot that was cut off may have left them switched off.
ask "$(ask 'show stat' | awk -F , -v slot="$to" '$2 == slot { print "enable health " $1 "/" slot }' | paste -s -d ';' -)" >/dev/null
for try in $(seq 300); do
  found=$(ask 'show stat' | awk -F , -v slot="$to" '$2 == slot { print $1, $18 }')
  if [ -n "$found" ] && ! printf '%s\n' "$found" | grep -qv ' UP' && answers; then break; fi
  found=''
  # Nothing runs that could become healthy: not worth the whole time.
  if [ "$try" = 20 ] && [ -z "$(docker ps --quiet --filter "label=com.docker.compose.project=$app-$to")" ]; then break; fi
  sleep 0.05
done
[ -n "$found" ] || keep "the release in its $to slot is not healthy"
ask "$(printf '%s\n' "$found" | awk -v to="$to" -v from="$from" '{ print "set server " $1 "/" to " weight 100; set server " $1 "/" from " weight 0" }' | paste -s -d ';' -)" >/dev/null
sed -i -e "s/^\(  server $to .* weight\) .*/\1 100/" -e "s/^\(  server $from .* weight\) .*/\1 0/" "$HOME/liftlock/edge/haproxy.cfg"
printf '%s\n' "$to" >active
for service in $once; do
  docker ps --quiet --filter "label=com.docker.compose.project=$app-$from" --filter "label=com.docker.compose.service=$service" |
    xargs -r docker stop >/dev/null
done
# shellcheck disable=SC2086
[ -z "$later" ] || docker start $later >/dev/null
printf 'back %s\n' "$to"
