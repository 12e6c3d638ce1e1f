# Stops and removes the application's containers. Volumes and the record of attempts stay.
cd "$home" 2>/dev/null || exit 0
exec 9>lock
flock -w "$((wait + 60))" 9 || fail HostBusy 76 "another deployment has held $home/lock for $((wait + 60)) s"
for slot in blue green; do
  directory=$home/slots/$slot project=$app-$slot
  [ ! -f "$directory/compose.yaml" ] || compose down --remove-orphans --timeout 30
done
directory=$home project=$app
[ ! -f compose.yaml ] || compose down --remove-orphans --timeout 30
