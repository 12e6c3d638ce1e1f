# Stops and removes the application's containers. Volumes and the record of attempts stay. No request is dropped: first the
# edge answers its health paths badly, so that whoever balances sends no more; then it is waited until nobody asks.
edge_home=$HOME/liftlock/edge
# Seconds without a request after which this host has been left: two failed checks of a load balancer, and one more.
calm=7

# Sends health paths to a backend without servers, which answers 503. The next switch writes the configuration anew.
answer_badly() {
  paths=$(sed -n 's/^  http-check send meth GET uri \([^ ]*\) .*/\1/p' "$edge_home/haproxy.cfg" | sort -u | paste -s -d ' ' -)
  [ -n "$paths" ] || return 1
  sed "s|^  http-request disable-l7-retry .*|&\n  use_backend leaving if { path $paths }|" "$edge_home/haproxy.cfg" >"$edge_home/next.cfg"
  printf '\nbackend leaving\n' >>"$edge_home/next.cfg"
  haproxy -c -f "$edge_home/next.cfg" >"$edge_home/check.log" 2>&1 || return 1
  mv "$edge_home/next.cfg" "$edge_home/haproxy.cfg"
  rm -f "$edge_home/print"
  ask_edge admin 'show servers state' >"$edge_home/servers" 2>/dev/null || true
  case $(ask_edge master reload) in *Success=1*) return 0 ;; *) return 1 ;; esac
}

# Requests under way, and all there were, without those for health; workers of before the reload that have not ended.
asked() {
  ask_edge admin 'show stat' | awk -F , '$2 == "BACKEND" && $1 != "leaving" { now += $5; all += $8 } END { print now + 0, all + 0 }'
}
former() { ask_edge master 'show proc' | awk '/^# old workers/ { old = 1; next } /^#/ { old = 0 } old && /^[0-9]/ { n++ } END { print n + 0 }'; }

# Until nobody has asked for a while, `drain` seconds at most.
await_calm() {
  before='' quiet=0 waited=0
  while [ "$quiet" -lt "$calm" ] && [ "$waited" -lt "$drain" ]; do
    now=$(asked)
    case $now in
      "0 "*) if [ "$now" = "$before" ] && [ "$(former)" -eq 0 ]; then quiet=$((quiet + 1)); else quiet=0; fi ;;
      *) quiet=0 ;;
    esac
    before=$now
    waited=$((waited + 1))
    sleep 1
  done
}

cd "$home" 2>/dev/null || exit 0
exec 9>lock
flock -w "$((wait + 60))" 9 || fail HostBusy 76 "another deployment has held $home/lock for $((wait + 60)) s"
if [ -f active ] && [ -f "$edge_home/haproxy.cfg" ] && answer_badly; then await_calm; fi
for slot in blue green; do
  directory=$home/slots/$slot project=$app-$slot
  [ ! -f "$directory/compose.yaml" ] || compose down --remove-orphans --timeout 30
done
directory=$home project=$app
[ ! -f compose.yaml ] || compose down --remove-orphans --timeout 30
