#!/bin/busybox sh
# Runs an example image in a real container: does what /app/service.json says (rehearsal/images/behaviour.ts), with
# nothing but busybox. The file is written by us with two spaces a level and one value a line; that is what flatten reads.
#   serve               the service or job itself          serve --health      exit 0 when /healthz answers 2xx
#   serve --listening   exit 0 when its port can be connected to
# A request starts one shell and, but for files and other services, no further process: a container is asked twice a second by
# the edge and five times by the engine, and hosts in a rehearsal share two cores.
set -u
bb=${BUSYBOX:-/bin/busybox}
app=${0%/*}
state=${STATE_DIRECTORY:-/tmp/serve}
nl='
'

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

# Every setting, a line each, between line ends. The service flattens them and keeps them for those who come later.
load() {
  settings=$nl
  if [ "${1-}" = kept ] && [ -f "$state/settings" ]; then
    while IFS= read -r line; do settings=$settings$line$nl; done <"$state/settings"
  else
    settings=$nl$(flatten)$nl
  fi
}

# setting NAME [DEFAULT]: the first value of that name, as $value
setting() {
  value=${settings#*"$nl$1="}
  if [ "$value" = "$settings" ]; then value=${2-}; else value=${value%%"$nl"*}; fi
}

# below PREFIX: the lines under that prefix, without it, as $lines
below() {
  lines=''
  left=$settings
  while found=${left#*"$nl$1."} && [ "$found" != "$left" ]; do
    lines=$lines${found%%"$nl"*}$nl
    left=$nl${found#*"$nl"}
  done
}

pause() { [ "$1" -eq 0 ] || "$bb" sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"; }

# applies RULE: whether every variable that the rule names has the value it wants
applies() {
  below "$1.when.environment"
  while [ -n "$lines" ]; do
    line=${lines%%"$nl"*}
    lines=${lines#*"$nl"}
    eval "actual=\${${line%%=*}-}"
    [ "$actual" = "${line#*=}" ] || return 1
  done
}

# say NAME: the texts of a list, `$NAME` replaced by the environment's value
say() {
  below "$1"
  [ -n "$lines" ] || return 0
  printf '%s' "$lines" | while IFS= read -r line; do
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
  upstream=''
  below proxy
  while [ -n "$lines" ]; do
    line=${lines%%"$nl"*}
    lines=${lines#*"$nl"}
    case $path in "${line%%=*}"*) upstream="${line#*=} /${target#"${line%%=*}"}"; break ;; esac
  done
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
  while setting "answers.$rule.path" && [ -n "$value" ]; do
    if [ "$value" = "$path" ] && applies "answers.$rule"; then
      printf . >>"$state/answers.$rule"
      # One dot a request.
      read -r dots <"$state/answers.$rule" || :
      setting "answers.$rule.fromRequest" 1
      if [ "${#dots}" -ge "$value" ]; then
        setting "answers.$rule.delayMilliseconds" 0
        [ "$value" -ge 0 ] || "$bb" sleep 1000000
        pause "$value"
        setting "answers.$rule.status" 200
        reply "$value" text/plain
        setting "answers.$rule.body" ok
        printf '%b' "$value"
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

about() {
  setting service
  service=$value
  setting version
  printf '{"service":"%s","version":"%s","status":"ok"}' "$service" "$value"
}

# wget is not used: that of Debian's static busybox crashes where glibc's name services are missing.
health() {
  setting listen
  first=$(printf 'GET /healthz HTTP/1.0\r\n\r\n' | "$bb" timeout 2 "$bb" nc 127.0.0.1 "$value" 2>/dev/null)
  case $first in 'HTTP/1.'?' 2'*) exit 0 ;; *) exit 1 ;; esac
}

listening() {
  setting listen
  "$bb" timeout 2 "$bb" nc 127.0.0.1 "$value" </dev/null >/dev/null 2>&1
}

run() {
  "$bb" mkdir -p "$state"
  # Whole or not at all: who reads it never sees a part.
  printf '%s' "${settings#"$nl"}" >"$state/settings.new" && "$bb" mv "$state/settings.new" "$state/settings"
  trap '"$bb" kill $server 2>/dev/null; exit 0' TERM INT
  server=''
  say log
  setting listen
  port=$value
  if [ -n "$port" ]; then
    setting startMilliseconds 30
    (pause "$value" && exec "$bb" nc -ll -p "$port" -e "$bb" sh "$app/serve" --connection) &
    server=$!
  fi
  setting exit.code
  code=$value
  if [ -n "$code" ] && applies exit; then
    setting exit.afterMilliseconds 100
    pause "$value"
    say exit.log >&2
    [ -z "$server" ] || "$bb" kill "$server" 2>/dev/null
    exit "$code"
  fi
  if [ -z "$server" ]; then "$bb" sleep 1000000 & server=$!; fi
  wait "$server"
}

case ${1:-} in
  --health) load kept; health ;;
  --listening) load kept; listening ;;
  --connection) load kept; connection ;;
  *) load; run ;;
esac
