# Puts the program of backups on a host, its settings, and the credentials: files that only the deploying user can read. The timer finds it there.
# Input: "app NAME", then "file NAME BASE64" lines.
set -eu
umask 077
app=''
while read -r key name value; do
  case $key in
    app)
      app=$name
      here=$HOME/liftlock/$app/backup
      mkdir -p "$here"
      ;;
    file)
      printf %s "$value" | base64 -d >"$here/next"
      case $name in run) chmod 700 "$here/next" ;; esac
      mv "$here/next" "$here/$name"
      ;;
  esac
done
