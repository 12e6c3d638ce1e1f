# Takes this host out of its cluster. What ran here starts on those that are left, if any.
cd "$home" 2>/dev/null || exit 0
exec 9>lock
flock -w "$((wait + 60))" 9 || fail HostBusy 76 "another deployment has held $home/lock for $((wait + 60)) s"
docker swarm leave --force >/dev/null 2>&1 || true
rm -f cluster
