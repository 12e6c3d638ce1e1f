# Counts what the edge of this host answered since a place in its request log. Input: the place in bytes, or nothing to begin.
# Prints "place N", then for each slot "answers SLOT REQUESTS ERRORS" and "latency SLOT MILLISECONDS COUNT" lines.
set -eu
read -r place || place=''
log=$HOME/liftlock/edge/requests.log
size=$(wc -c <"$log")
printf 'place %s\n' "$size"
[ -n "$place" ] || exit 0
# The log was rotated meanwhile: what was before is lost, what is there counts.
[ "$place" -le "$size" ] || place=0
tail -c "+$((place + 1))" "$log" | head -c "$((size - place))" | awk '
  function field(name, value) {
    if (!match($0, "\"" name "\":\"?[^\",}]*")) return ""
    value = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
    sub(/^"/, "", value)
    return value
  }
  {
    slot = field("slot"); if (slot != "blue" && slot != "green") next
    # "+1": the other slot did not answer, and this one did in its place.
    if (field("retries") ~ /^\+/) { other = slot == "blue" ? "green" : "blue"; requests[other]++; errors[other]++ }
    status = field("status") + 0
    requests[slot]++
    if (status < 100 || status >= 500) errors[slot]++
    latency[slot " " (field("milliseconds") + 0)]++
  }
  END {
    for (slot in requests) print "answers", slot, requests[slot], errors[slot] + 0
    for (key in latency) print "latency", key, latency[key]
  }'
