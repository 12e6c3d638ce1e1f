#!/bin/busybox sh
# Runs an example image in a real container: does what /app/service.json says (rehearsal/images/behaviour.ts), with
# nothing but busybox. The file is written by us with two spaces a level and one value a line; that is what flatten reads.
#   serve               the service or job itself          serve --health      exit 0 when /healthz answers 2xx
#   serve --listening   exit 0 when its port can be connected to
set -u
bb=${BUSYBOX:-/bin/busybox}
app=${0%/*}
state=${STATE_DIRECTORY:-/tmp/serve}

# {"listen": 8080, "log": ["a"]} -> listen=8080, log.0=a (one a line; strings keep their JSON escapes)
flatten() {
  "$bb" awk '
    BEGIN { array[0] = 1 }
    {
      match($0, /^ */); depth = RLENGTH / 2; rest = substr($0, RLENGTH + 1); sub(/,$/, "", rest)
      if (rest ~ /^[]}]/) next
      if (array[depth]) key = count[depth]++
      else { match(rest, /^"([^"\\]|\\.)*": /); key = substr(rest, 2, RLENGTH - 4); rest = substr(rest, RLENGTH + 1) }
      path[depth] = key
      if (rest == "{" || rest == "[") { array[depth + 1] = (rest == "["); count[depth + 1] = 0; next }
      if (rest == "{}" || rest == "[]") next
      full = path[1]; for (i = 2; i <= depth; i++) full = full "." path[i]
      sub(/^"/, "", rest); sub(/"$/, "", rest); gsub(/\\"/, "\"", rest)
      print full "=" rest
    }' "$app/service.json"
}

settings=$(flatten)

# setting NAME [DEFAULT]: the first value of that name
setting() {
  found=$(printf '%s\n' "$settings" | "$bb" awk -v name="$1=" 'index($0, name) == 1 { print substr($0, length(name) + 1); exit }')
  printf '%s' "${found:-${2:-}}"
}

# below PREFIX: the lines under that prefix, without it
below() {
  printf '%s\n' "$settings" | "$bb" awk -v prefix="$1." 'index($0, prefix) == 1 { print substr($0, length(prefix) + 1) }'
}

pause() { "$bb" sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"; }

# applies RULE: whether every variable that the rule names has the value it wants
applies() {
  below "$1.when.environment" | while IFS='=' read -r name wanted; do
    eval "actual=\${$name-}"
    [ "$actual" = "$wanted" ] || exit 1
  done
}

# say NAME: the texts of a list, `$NAME` replaced by the environment's value
say() {
  below "$1" | while IFS= read -r line; do
    printf '%b\n' "${line#*=}" | "$bb" awk '{
      while (match($0, /\$[A-Za-z_][A-Za-z0-9_]*/)) {
        printf "%s%s", substr($0, 1, RSTART - 1), ENVIRON[substr($0, RSTART + 1, RLENGTH - 1)]
        $0 = substr($0, RSTART + RLENGTH)
      }
      print
    }'
  done
}

# reply STATUS TYPE: the answer's head; the body follows on standard output
reply() { printf 'HTTP/1.0 %s rehearsed\r\nContent-Type: %s\r\nConnection: close\r\n\r\n' "$1" "$2"; }

type_of() {
  case $1 in
    *.html) echo 'text/html; charset=utf-8' ;;
    *.json) echo application/json ;;
    *.css) echo text/css ;;
    *) echo 'text/plain; charset=utf-8' ;;
  esac
}

# One request on standard input, its answer on standard output: a file, another service, or one of the answers.
connection() {
  read -r _ target _
  while read -r header && [ "${header%?}" != '' ]; do :; done
  path=${target%%\?*}
  case $path in *..*) reply 400 text/plain; return ;; esac
  file=$app/www$path
  [ ! -d "$file" ] || file=${file%/}/index.html
  if [ -f "$file" ]; then reply 200 "$(type_of "$file")"; "$bb" cat "$file"; return; fi
  upstream=$(below proxy | while IFS='=' read -r prefix service; do
    case $path in "$prefix"*) printf '%s /%s' "$service" "${target#"$prefix"}"; break ;; esac
  done)
  if [ -n "$upstream" ]; then
    service=${upstream%% *}
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n' "${upstream#* }" "$service" |
      "$bb" nc "${service%:*}" "${service#*:}" 2>/dev/null || { reply 502 text/plain; echo "no answer from $service"; }
    return
  fi
  answer
}

answer() {
  rule=0
  while wanted=$(setting "answers.$rule.path") && [ -n "$wanted" ]; do
    if [ "$wanted" = "$path" ] && applies "answers.$rule"; then
      printf . >>"$state/answers.$rule"
      if [ "$("$bb" wc -c <"$state/answers.$rule")" -ge "$(setting "answers.$rule.fromRequest" 1)" ]; then
        delay=$(setting "answers.$rule.delayMilliseconds" 0)
        [ "$delay" -ge 0 ] || "$bb" sleep 1000000
        pause "$delay"
        reply "$(setting "answers.$rule.status" 200)" text/plain
        printf '%b' "$(setting "answers.$rule.body" ok)"
        return
      fi
    fi
    rule=$((rule + 1))
  done
  case $path in
    /healthz | /version) reply 200 application/json; about ;;
    *) reply 404 text/plain; echo 'not found' ;;
  esac
}

about() { printf '{"service":"%s","version":"%s","status":"ok"}' "$(setting service)" "$(setting version)"; }

# wget is not used: that of Debian's static busybox crashes where glibc's name services are missing.
health() {
  first=$(printf 'GET /healthz HTTP/1.0\r\n\r\n' | "$bb" timeout 2 "$bb" nc 127.0.0.1 "$(setting listen)" 2>/dev/null | "$bb" head -n 1)
  case $first in 'HTTP/1.'?' 2'*) exit 0 ;; *) exit 1 ;; esac
}

listening() { "$bb" timeout 2 "$bb" nc 127.0.0.1 "$(setting listen)" </dev/null >/dev/null 2>&1; }

run() {
  "$bb" mkdir -p "$state"
  trap '"$bb" kill $server 2>/dev/null; exit 0' TERM INT
  server=''
  say log
  port=$(setting listen)
  if [ -n "$port" ]; then
    (pause "$(setting startMilliseconds 30)" && exec "$bb" nc -ll -p "$port" -e "$bb" sh "$app/serve" --connection) &
    server=$!
  fi
  code=$(setting exit.code)
  if [ -n "$code" ] && applies exit; then
    pause "$(setting exit.afterMilliseconds 100)"
    say exit.log >&2
    [ -z "$server" ] || "$bb" kill "$server" 2>/dev/null
    exit "$code"
  fi
  if [ -z "$server" ]; then "$bb" sleep 1000000 & server=$!; fi
  wait "$server"
}

case ${1:-} in
  --health) health ;;
  --listening) listening ;;
  --connection) connection ;;
  *) run ;;
esac
