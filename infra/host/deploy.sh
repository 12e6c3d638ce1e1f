# Puts one release on this host, in place: check, pull, switch, wait until every service is healthy.
enter
stage
record deploying
cd "$home"
mv next/compose.yaml next/pins.yaml next/environment .
# shellcheck disable=SC2086
compose up --detach --no-build --pull never --remove-orphans --wait --wait-timeout "$wait" $services $stateful ||
  fail StartFailed 73 'not every service became healthy'
record deployed
