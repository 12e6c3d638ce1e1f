# Gets a certificate for this host's edge from an authority (ACME), and another one when less than a third of its life is left. A timer
# runs it, and a deployment that brings names without one (`renew.sh deployed`). It asks the authority only when something is due, and
# after a failure not before a while has passed; `renew.sh now` does not wait. The certificate's key is made here and stays here.
set -eu
umask 077
PATH=$PATH:/usr/sbin
edge_home=$HOME/liftlock/edge
pem=$edge_home/tls.pem
cd "$edge_home/acme"

# One at a time. Who comes second has nothing to do, but a deployment: it may bring other names than those that are being asked for.
exec 8>lock
patience=0
if [ "${1:-}" = deployed ]; then patience=900; fi
flock -w "$patience" 8 || exit 0

directory='' email='' names='' root=''
while read -r key value; do
  case $key in
    directory | email) eval "$key=\$value" ;;
    name) names="$names $value" ;;
    account) printf %s "$value" | base64 -d >account.pem ;;
    root) root=$PWD/root.pem && printf %s "$value" | base64 -d >root.pem ;;
  esac
done <settings
# What is asked for: another authority, or other names, is another certificate.
wanted=$(grep -E '^(directory|name) ' settings | sort | sha256sum | cut -d ' ' -f 1)
print_of() { sha256sum <"$1" | cut -d ' ' -f 1; }

# Whether what the edge has is what the authority issued for this.
issued() { [ "$(cat issued 2>/dev/null)" = "$wanted $(print_of "$pem")" ]; }

# Hosts with the same names do not all ask in the same hours: up to a twelfth of its life later than others, by the host's name.
old() {
  from=$(date -d "$(openssl x509 -in "$pem" -noout -startdate | cut -d = -f 2)" +%s)
  until=$(date -d "$(openssl x509 -in "$pem" -noout -enddate | cut -d = -f 2)" +%s)
  life=$((until - from))
  later=$((life / 12 * ($(uname -n | cksum | cut -d ' ' -f 1) % 16) / 16))
  [ $((until - $(date +%s))) -lt $((life / 3 - later)) ]
}

# After the n-th failure in a row for the same certificate: ten minutes, three times as long every time, up to a day; and up to a quarter
# more, by the host's name.
waiting() {
  [ -f failures ] || return 1
  read -r count next of <failures
  [ "$of" = "$wanted" ] && [ "$(date +%s)" -lt "$next" ]
}

failed() {
  count=0 of=''
  if [ -f failures ]; then read -r count next of <failures; fi
  [ "$of" = "$wanted" ] || count=0
  pause=600
  for _ in $(seq "$((count < 5 ? count : 5))"); do pause=$((pause * 3)); done
  if [ "$pause" -gt 86400 ]; then pause=86400; fi
  pause=$((pause + pause / 4 * ($(uname -n | cksum | cut -d ' ' -f 1) % 16) / 16))
  said=$(printf %s "$1" | tr -cd '[:print:]' | cut -c 1-300)
  printf '%s %s %s\n%s\n' "$((count + 1))" "$(($(date +%s) + pause))" "$wanted" "$said" >failures.next
  mv failures.next failures
  printf 'liftlock: CertificateFailed: %s\n' "$said" >&2
  exit 1
}

# What the authority, or its client, said last: the problem document's own words are the best there are.
reason() {
  found=$(grep -o '"detail"[],[:space:]:]*"[^"]*"' client.log | sed 's/"$//; s/.*"//' | tail -n 1)
  [ -n "$found" ] || found=$(sed -n 's/^ *+* *ERROR: //p' client.log | tail -n 1)
  printf %s "${found:-the client said nothing}"
}

# client ARGUMENTS: nothing of it is asked to wait for an answer for longer than five minutes.
client() { timeout --kill-after=10 300 dehydrated --config "$PWD/config" --privkey "$PWD/account.pem" "$@" 2>>client.log; }

obtain() {
  mkdir -p state challenges
  : >client.log
  {
    printf "CA='%s'\nCONTACT_EMAIL='%s'\nBASEDIR='%s'\nWELLKNOWN='%s'\n" "$directory" "$email" "$PWD/state" "$PWD/challenges"
    printf "CURL_OPTS='--connect-timeout 20 --max-time 60%s'\n" "${root:+ --cacert $root}"
  } >config
  # A client that was killed leaves its lock; ours says that there is none.
  rm -f state/lock
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.next 2>/dev/null
  openssl req -new -key key.next -subj / -addext "subjectAltName=$(alternatives)" -out request.pem
  account=$({ printf '%s\n' "$directory $email" && cat account.pem; } | sha256sum | cut -d ' ' -f 1)
  if [ "$account" != "$(cat registered 2>/dev/null)" ]; then
    rm -f account.pem.json account.pem_id.json
    client --register --accept-terms >>client.log || failed "$directory: $(reason)"
    printf '%s\n' "$account" >registered
  fi
  client --signcsr "$PWD/request.pem" >answer || {
    # It may be the account that is gone.
    rm -f registered
    failed "$directory: $(reason)"
  }
  awk '/BEGIN CERTIFICATE/ { on = 1 } on { print } /END CERTIFICATE/ { on = 0 }' answer >chain.next
  verify
}

alternatives() { for name in $names; do printf 'DNS:%s\n' "$name"; done | paste -s -d , -; }

# Nothing is taken over that the edge could not use.
verify() {
  [ -s chain.next ] || failed "$directory gave no certificate"
  [ "$(openssl x509 -in chain.next -noout -pubkey)" = "$(openssl pkey -in key.next -pubout)" ] ||
    failed "$directory certified another key"
  openssl x509 -in chain.next -noout -checkend 0 >/dev/null || failed "$directory gave a certificate that has expired"
  for name in $names; do
    openssl x509 -in chain.next -noout -checkhost "$name" | grep -q 'does match' || failed "$directory left out $name"
  done
}

ask_edge() { socat -t 10 - "UNIX-CONNECT:/run/liftlock-edge/$1.sock" 2>/dev/null || true; }

# The edge takes it as it runs: no connection is cut, not even a long one. Where it cannot, it reads everything anew.
take_over() {
  { printf 'set ssl cert %s <<\n' "$pem" && cat "$pem" && printf '\n'; } | ask_edge admin >/dev/null
  case $(printf 'commit ssl cert %s\n' "$pem" | ask_edge admin) in *Success*) return ;; esac
  printf 'show servers state\n' | ask_edge admin >"$edge_home/servers"
  case $(printf 'reload\n' | ask_edge master) in
    *Success=0* | '') failed 'the edge did not take the certificate; it has it when it is started anew' ;;
  esac
}

if issued && ! old; then
  rm -f failures
  exit 0
fi
if [ "${1:-}" != now ] && waiting; then exit 0; fi
# Other hosts get the same configuration at this moment: any of them may be asked for the challenge's answer.
if [ "${1:-}" = deployed ]; then sleep 3; fi
obtain
cat chain.next key.next >next.pem
mv next.pem "$pem"
printf '%s %s\n' "$wanted" "$(print_of "$pem")" >issued
rm -f failures key.next chain.next request.pem answer
take_over
