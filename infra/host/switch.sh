# Moves traffic to the slot that `slot.sh` has proven, or a share of it. The edge's text serves every share: only weights differ.
edge_home=$HOME/liftlock/edge

# The edge of a host may be starting just now.
await_edge() {
  for _ in $(seq 150); do
    if [ -n "$(ask_edge admin 'show info')" ]; then return; fi
    sleep 0.1
  done
  fail EdgeMissing 78 'the edge does not answer: this host was made before the edge was configured'
}

# fill BLUE GREEN: the configuration with these weights.
fill() { sed -e "s|@home@|$edge_home|g" -e "s/@blue@/$1/g" -e "s/@green@/$2/g" "$edge_home/template"; }

# write_edge BLUE GREEN: what the edge reads when it starts anew.
write_edge() {
  fill "$1" "$2" >"$edge_home/next.cfg"
  mv "$edge_home/next.cfg" "$edge_home/haproxy.cfg"
}

# Waits until every route's target in a slot passes the edge's own checks: a target that is not up would answer 503.
await_up() {
  for _ in $(seq 300); do
    found=$(targets "$1")
    if [ -n "$found" ] && ! printf '%s\n' "$found" | grep -qv ' UP$'; then return; fi
    sleep 0.05
  done
  fail StartFailed 73 "the edge does not see $1 healthy: $(printf '%s' "$found" | tr '\n' ',')"
}

# What `renew.sh` works with, and a certificate of the host's own until it has one: the edge does not start without.
certificates=$edge_home/acme certified=''
prepare_certificate() {
  [ -n "$acme" ] || return 0
  mkdir -p "$certificates"
  printf %s "$renewal" | base64 -d >"$certificates/renew.next"
  mv "$certificates/renew.next" "$certificates/renew.sh"
  printf %s "$acme" | base64 -d >"$certificates/settings.next"
  if [ -f "$certificates/issued" ] && cmp -s "$certificates/settings.next" "$certificates/settings"; then certified=yes; fi
  # On the way back what serves is more than what it shows.
  if [ -z "$certified" ] && [ "$mode" != revert ]; then has_client; fi
  mv "$certificates/settings.next" "$certificates/settings"
  [ -s "$edge_home/tls.pem" ] || sign_itself
}

has_client() {
  status=0
  dehydrated --version >/dev/null 2>&1 || status=$?
  [ "$status" -ne 127 ] ||
    fail CertificateClientMissing 82 'there is no dehydrated: this host was made before edges asked for certificates (docs/certificates.md)'
}

sign_itself() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/O=Not issued by an authority yet' \
    -addext "subjectAltName=$(sed -n 's/^name /DNS:/p' "$certificates/settings" | paste -s -d , -)" \
    -keyout "$certificates/own.key" -out "$certificates/own.pem" 2>"$edge_home/check.log" || {
    tail -n 5 "$edge_home/check.log" >&2
    fail EdgeInvalid 80 'openssl could not make a certificate for the edge to start with'
  }
  cat "$certificates/own.pem" "$certificates/own.key" >"$edge_home/tls.pem"
}

# Names without a certificate yet: it is asked for at once, beside the deployment. That waits only for a host's first one, and not
# for long: an authority that is down must not keep a release from people.
ask_authority() {
  # What the edge does not use any more is not kept, nor renewed.
  if [ -z "$acme" ]; then
    [ ! -d "$certificates" ] || rm -rf "$certificates"
    [ -n "$tls" ] || [ ! -f "$edge_home/tls.pem" ] || rm "$edge_home/tls.pem"
    return
  fi
  [ -z "$certified" ] || return 0
  setsid sh "$certificates/renew.sh" deployed </dev/null >/dev/null 2>&1 9>&- &
  asking=$!
  for _ in $(seq 300); do
    if [ -f "$certificates/issued" ] || ! kill -0 "$asking" 2>/dev/null; then return; fi
    sleep 0.1
  done
}

# A changed configuration: checked, then taken over without refusing a connection.
reload_edge() {
  printf %s "$edge" | base64 -d >"$edge_home/template.next"
  printf %s "$page" | base64 -d >"$edge_home/maintenance.html"
  if [ -n "$tls" ]; then printf %s "$tls" | base64 -d >"$edge_home/tls.pem"; fi
  prepare_certificate
  print=$(printf '%s\n' "$edge" "$page" "$tls" | sha256sum)
  if [ "$print" = "$(cat "$edge_home/print" 2>/dev/null)" ]; then return; fi
  mv "$edge_home/template.next" "$edge_home/template"
  fill "$blue" "$green" >"$edge_home/next.cfg"
  haproxy -c -f "$edge_home/next.cfg" >"$edge_home/check.log" 2>&1 || {
    tail -n 5 "$edge_home/check.log" >&2
    fail EdgeInvalid 80 'haproxy refuses the configuration of the edge'
  }
  mv "$edge_home/next.cfg" "$edge_home/haproxy.cfg"
  await_edge
  ask_edge admin 'show servers state' >"$edge_home/servers" 2>/dev/null || true
  case $(ask_edge master reload) in
    *Success=0*) fail EdgeInvalid 80 'the edge could not take its configuration over' ;;
  esac
  printf '%s\n' "$print" >"$edge_home/print"
}

# share BLUE GREEN: what grows first, then what shrinks.
share() {
  write_edge "$1" "$2"
  commands=$(targets "$slot" | awk -v blue="$1" -v green="$2" -v slot="$slot" '{
    b = "set server " $1 "/blue weight " blue
    g = "set server " $1 "/green weight " green
    print slot == "blue" ? b "; " g : g "; " b
  }' | paste -s -d ';' -)
  answer=$(ask_edge admin "$commands") || fail EdgeMissing 78 'the edge does not answer'
  case $answer in *[![:space:]]*) fail EdgeInvalid 80 "the edge answered: $answer" ;; esac
}

# Services that must not run twice move while the traffic is still at the old slot.
move_once() {
  [ -n "$once" ] || return 0
  olds=''
  for service in $once; do
    olds="$olds $(docker ps --quiet --filter "label=com.docker.compose.project=$app-$other" --filter "label=com.docker.compose.service=$service")"
  done
  # shellcheck disable=SC2086
  [ -z "${olds# }" ] || docker stop $olds >/dev/null
  project=$app-$slot directory=$home/slots/$slot
  # shellcheck disable=SC2086
  (become_compose up --detach --no-build --pull never --no-deps --wait --wait-timeout "$wait" $once) \
    9>&- >"$home/compose.log" 2>&1 || {
    tail -n 5 "$home/compose.log" >&2
    # shellcheck disable=SC2086
    [ -z "${olds# }" ] || docker start $olds >/dev/null
    fail StartFailed 73 "not every one of$once became healthy"
  }
}

# The slot that was left is stopped after a while, unless it is used again: its containers stay, ready to be started.
retire() {
  [ -f "$home/slots/$other/identity" ] || return 0
  printf '%s\n' "$attempt" >"$home/slots/$other/retired"
  after=$warm
  # A release that failed is not kept warm.
  if [ "$mode" = revert ] || [ "$after" -lt "$drain" ]; then after=$drain; fi
  # shellcheck disable=SC2016
  setsid sh -c '
    sleep "$1"
    cd "$2" || exit 0
    exec 9>lock
    flock 9
    [ "$(cat "slots/$3/retired" 2>/dev/null)" = "$4" ] && [ "$(cat active)" != "$3" ] || exit 0
    docker ps --quiet --filter "label=com.docker.compose.project=$5" | xargs -r docker stop --time 30
  ' retire "$after" "$home" "$other" "$attempt" "$app-$other" </dev/null >/dev/null 2>&1 9>&- &
}

# Containers of a deployment in place from before there was an edge: they hold its port.
leave_place() {
  for id in $(containers "$app"); do
    service=$(docker inspect --type container --format '{{index .Config.Labels "com.docker.compose.service"}}' "$id")
    case " $stateful " in *" $service "*) ;; *) docker rm --force "$id" >/dev/null ;; esac
  done
}

enter
[ "$(cat attempt 2>/dev/null)" = "$attempt" ] || fail Superseded 77 "attempt $attempt has not started a release here"
case $(cat phase) in
  ready | shifting | deployed) ;;
  *) fail StartFailed 73 "attempt $attempt has not proven its release here" ;;
esac
slot=$(cat slot)
active=$(cat active 2>/dev/null || :)
case $slot in blue) other=green ;; *) other=blue ;; esac
mkdir -p "$edge_home"
case $active in
  blue) blue=100 green=0 ;;
  green) blue=0 green=100 ;;
  *) if [ "$slot" = blue ]; then blue=100 green=0; else blue=0 green=100; fi ;;
esac
if [ -z "$active" ]; then leave_place; fi
reload_edge
ask_authority
# For a way back without a driver, which knows no payload.
printf '%s\n' "${once# }" >"$home/once"
await_up "$slot"
if [ -z "$active" ] || [ "$active" = "$slot" ]; then traffic=100; fi
still_wanted
if [ "$traffic" -eq 100 ] && [ "$active" != "$slot" ]; then move_once; fi
if [ "$slot" = blue ]; then share "$traffic" $((100 - traffic)); else share $((100 - traffic)) "$traffic"; fi
if [ "$traffic" -lt 100 ]; then record shifting; exit 0; fi
printf '%s\n' "$slot" >active
retire
record deployed
