# Prints the last lines of containers, and of the last migration. Input: "app NAME", "lines N", "container ID" lines.
set -eu
lines=20
while read -r key value; do
  case $key in
    app) app=$value ;;
    lines) lines=$value ;;
    container) docker logs --tail "$lines" "$value" 2>&1 | sed "s/^/$value /" ;;
  esac
done
[ ! -f "$HOME/liftlock/$app/migrator.log" ] || tail -n "$lines" "$HOME/liftlock/$app/migrator.log" | sed 's/^/migrator /'
