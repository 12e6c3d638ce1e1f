# Stops and removes the application's containers. Volumes and the record of attempts stay.
[ -f "$home/compose.yaml" ] || exit 0
cd "$home"
exec 9>lock
flock -w "$((wait + 60))" 9 || fail HostBusy 76 "another deployment has held $home/lock for $((wait + 60)) s"
compose down --remove-orphans --timeout 30
