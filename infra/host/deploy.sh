# Puts one release on this host, in place: check, pull, switch, wait until every service is healthy.
enter
write_files
# shellcheck disable=SC2086
stage $services $stateful
record deploying
directory=$home
mv "$home/next/compose.yaml" "$home/next/pins.yaml" "$home/next/environment" "$home"
# shellcheck disable=SC2086
start '' $services $stateful
record deployed
