# Removes images of the application that nobody needs, and containers that a release left in its slot which nobody goes back to.
# Input: "app NAME", "apply yes" or "apply no", "repository NAME" for the application's own, "keep DIGEST" for what stays, "release ID"
# for what may come back. Prints "disk USED TOTAL" in KiB, "container ID SLOT" and "image REFERENCE BYTES" for what goes, "busy" while
# a deployment is at work.
set -eu
app='' apply=no repositories=' ' keep=' ' releases=' '
while read -r key value; do
  case $key in
    app | apply) eval "$key=\$value" ;;
    repository) repositories="$repositories$value " ;;
    keep) keep="$keep$value " ;;
    release) releases="$releases$value " ;;
  esac
done
disk=/var/lib/docker
[ -d "$disk" ] || disk=$HOME
df -Pk "$disk" | awk 'NR == 2 { print "disk", $3, $2 }'
home=$HOME/liftlock/$app
cd "$home" 2>/dev/null || exit 0
exec 9>lock
flock -n 9 || { printf 'busy\n'; exit 0; }

# The slot that was left: while it runs it is warm, and while its release may come back it is ready to be started.
active=$(cat active 2>/dev/null || :)
if [ -n "$active" ] && [ "$(cat phase)" = deployed ]; then
  case $active in blue) idle=green ;; *) idle=blue ;; esac
  id=$(base64 -d <"slots/$idle/release" 2>/dev/null | sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p')
  left=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$app-$idle")
  warm=$(docker ps --quiet --filter "label=com.docker.compose.project=$app-$idle")
  case $releases in
    *" $id "*) ;;
    *)
      if [ -n "$left" ] && [ -z "$warm" ]; then
        for container in $left; do printf 'container %s %s\n' "$container" "$idle"; done
        if [ "$apply" = yes ]; then
          # Without its record first: a slot that says what it holds must hold it.
          rm -f "slots/$idle/identity" "slots/$idle/release"
          # shellcheck disable=SC2086
          docker rm $left >/dev/null
        else
          leaving=$left
        fi
      fi
      ;;
  esac
fi

# What any container has been made of stays, whoever made it.
used=' '
for container in $(docker ps --all --quiet --no-trunc); do
  case " ${leaving:-} " in *"$container"*) continue ;; esac
  used="$used$(docker inspect --type container --format '{{.Image}}' "$container") "
done
for image in $(docker image ls --quiet --no-trunc | sort -u); do
  case $used in *" $image "*) continue ;; esac
  # shellcheck disable=SC2046
  set -- $(docker image inspect --format '{{.Size}} {{json .RepoDigests}}' "$image" | tr -d '[]"' | tr ',' ' ')
  bytes=$1
  shift
  goes='' needed=''
  for reference in "$@"; do
    case $keep in *" ${reference#*@} "*) needed=yes ;; esac
    case $repositories in *" ${reference%@*} "*) goes="$goes $reference" ;; *) needed=yes ;; esac
  done
  if [ -z "$goes" ] || [ -n "$needed" ]; then continue; fi
  if [ "$apply" = yes ]; then
    for reference in $goes; do docker image rm "$reference" >/dev/null 2>&1 || :; done
    if docker image inspect --format '{{.Id}}' "$image" >/dev/null 2>&1; then continue; fi
  fi
  printf 'image %s %s\n' "${goes##* }" "$bytes"
done
