# Which of all it is, and what stays of it.

# Whatever ended it: nothing is left, and what went wrong is remembered for whoever asks.
ended() {
  status=$?
  trap - EXIT
  reason=$(cat "$scratch/reason" 2>/dev/null || :)
  rm -rf "$scratch"
  [ "$status" -ne 0 ] || exit 0
  case $verb in drill) fallback=DrillFailed ;; restore) fallback=RestoreFailed ;; *) fallback=BackupFailed ;; esac
  [ -n "$reason" ] || reason="$fallback it was ended (status $status)"
  # One that could not begin beside another, or a drill that had nothing to begin with, proves nothing.
  case $locked$verb$reason in
    yesscheduled* | yesnow*) printf '%s %s\n' "$(date +%s)" "$reason" >"$here/failed" ;;
    yesdrillDrillFailed*) printf '%s %s failed %s\n' "$(date +%s)" "${snapshot:--}" "$reason" >"$here/drilled" ;;
  esac
  # Without the lock it would be another run's.
  if [ -n "$locked" ]; then
    release_services
    sweep
  fi
  printf 'failed %s\n' "$reason"
  exit 1
}

# What this host remembers. Asks nobody.
state() {
  [ ! -f "$here/last" ] || sed 's/^/last /' "$here/last"
  [ ! -f "$here/failed" ] || sed 's/^/failure /' "$here/failed"
  [ ! -f "$here/drilled" ] || sed 's/^/drilled /' "$here/drilled"
}

cd "$here"
trap ended EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
read_settings
case $verb in
  scheduled)
    # A restore was killed while it held services.
    if [ -e held ]; then
      exec 8>lock
      if flock --nonblock 8; then release_services; fi
    fi
    if due && ! deploying; then
      take_lock 0 BackupFailed
      verify_own
      take 0
    fi
    ;;
  now)
    if deploying; then fail BackupFailed 'a deployment is at work on this host'; fi
    take 5
    ;;
  drill)
    if deploying; then fail DrillFailed 'a deployment is at work on this host'; fi
    drill "${2:-latest}"
    sweep
    ;;
  restore)
    case ${3:-} in database | volume) ;; *) fail RestoreFailed 'expected a database or a volume' ;; esac
    restore "${2:-latest}" "$3" "${4:-}"
    sweep
    ;;
  list)
    state
    if open_storage BackupFailed; then
      printf 'snapshots '
      storage 300 --no-lock snapshots --json --host "$label" --tag liftlock ||
        fail BackupFailed "the backups could not be listed: $(words "$said")"
    else
      printf 'snapshots []\n'
    fi
    ;;
  state) state ;;
  *) fail BackupFailed "expected scheduled, now, list, state, drill or restore, got \"$verb\"" ;;
esac
