# Starts one release beside the one that serves, in the other of this host's two slots, and proves it there. No request
# reaches it yet: `switch.sh` moves the traffic.
number() { case $1 in blue) echo 21 ;; green) echo 22 ;; esac; }
holds() { [ "$(cat "$home/slots/$1/identity" 2>/dev/null)" = "$identity" ]; }
running() { [ -n "$(docker ps --quiet --filter "label=com.docker.compose.project=$app-$1")" ]; }

# A slot that holds exactly this release and configuration already is taken as it is: on the way back it is still warm.
choose_slot() {
  active=$(cat "$home/active" 2>/dev/null || :)
  for slot in $active blue green; do
    ! holds "$slot" || return 0
  done
  if [ "$beside" -eq 0 ] && [ -n "$active" ]; then slot=$active; return; fi
  case $active in blue) slot=green ;; *) slot=blue ;; esac
}

# This attempt has proven it here already: a canary's next share changes the traffic only.
proven() {
  [ "$(cat attempt 2>/dev/null)" = "$attempt" ] || return 1
  case $(cat phase) in ready | shifting | deployed) ;; *) return 1 ;; esac
  [ "$(cat slot)" = "$slot" ] && holds "$slot" && running "$slot"
}

# The edge does not ask a slot for its health while its containers are replaced. A question that comes before a container's network is up
# makes this host ask for the container's address in vain (ARP), and the kernel asks again a second later only: for that long nobody on this host,
# the edge neither, would reach it.
rest_checks() { tell_checks 'set server @ health down; disable health @'; }
resume_checks() { tell_checks 'enable health @'; }
tell_checks() {
  commands=$(targets "$slot" | awk -v slot="$slot" -v text="$1" '{ told = text; gsub(/@/, $1 "/" slot, told); print told }' | paste -s -d ';' -)
  [ -z "$commands" ] || ask_edge admin "$commands" >/dev/null || :
}

# Starts it in its slot, and holds it against the edge's smoke tests.
prove() {
  project=$app-$slot
  write_files "$(number "$slot")"
  # shellcheck disable=SC2086
  stage $services $once $stateful
  record deploying
  printf '%s\n' "$slot" >"$home/slot"

  # What must exist once is in no slot.
  if [ -n "$stateful" ]; then
    project=$app
    cp "$home/next/compose.yaml" "$home/next/pins.yaml" "$home/next/environment" "$home"
    # shellcheck disable=SC2086
    (become_compose up --detach --no-build --pull never --no-deps --wait --wait-timeout "$wait" $stateful) \
      9>&- >"$home/compose.log" 2>&1 || {
      tail -n 5 "$home/compose.log" >&2
      fail StartFailed 73 "not every one of$stateful became healthy"
    }
    project=$app-$slot
  fi

  directory=$home/slots/$slot
  mkdir -p "$directory"
  rm -f "$directory/retired"
  if [ "$slot" != "$active" ] && ! holds "$slot"; then rest_checks; fi
  printf '%s\n' "$identity" >"$directory/identity"
  printf '%s\n' "$release" >"$directory/release"
  mv "$home/next/compose.yaml" "$home/next/pins.yaml" "$home/next/environment" "$directory"
  # shellcheck disable=SC2086
  if [ "$slot" = "$active" ]; then
    start '' $services $once
  else
    # Nobody asks what was in it before: its end is not waited for as long.
    start 3 $services
  fi
  resume_checks
  for check in $smoke; do
    url="http://127.0.0.1:$(number "$slot")$check"
    status=$(curl --silent --output /dev/null --max-time 10 --write-out '%{http_code}' "$url" || :)
    case $status in 2??) ;; *) fail SmokeFailed 79 "$url answered $status in the $slot slot" ;; esac
  done
  still_wanted
  record ready
}

enter
identity=$(printf '%s\n' "$compose" "$pins" "$environment" | sha256sum | cut -d ' ' -f 1)
choose_slot
proven || prove
