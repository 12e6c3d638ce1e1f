# Runs the program of backups that the stack put on this host. Input: "app NAME", "verb WORD", and what else it takes: "argument WORD" lines.
set -eu
app='' verb=''
while read -r key value; do
  case $key in
    app | verb) eval "$key=\$value" ;;
    argument) set -- "$@" "$value" ;;
  esac
done
run=$HOME/liftlock/$app/backup/run
[ -x "$run" ] || {
  printf 'failed BackupMissing this host has no program of backups yet: the stack was not updated since liftlock:backups was configured\n'
  exit 1
}
# Its lines are all that is read here; what the programs that it calls say stays out of them.
exec "$run" "$verb" "$@"
