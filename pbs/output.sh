# Where a script's output goes: to the logs of the run. A script that says itself where PBS puts it (STAGE_STREAMS) has it
# there as well, as it comes: tee copies it to both, in its order where PBS is to join the streams. What copies outlives
# SIGTERM, so that what a script writes when it is told to end arrives too.

# begin_output: make the pipes, and start what copies. A node may have no room for pipes in one place or another.
begin_output() {
  STAGE_PIPES=
  [ -n "$STAGE_STREAMS" ] || return 0
  for STAGE_PLACE in "${TMPDIR:-/tmp}" /tmp "${STAGE_STDOUT%/*}"; do
    STAGE_PIPES="$STAGE_PLACE/.stage-$STAGE_JOB-$$"
    mkdir "$STAGE_PIPES" && mkfifo "$STAGE_PIPES/out" "$STAGE_PIPES/err" && break
    rmdir "$STAGE_PIPES"
    STAGE_PIPES=
  done 2>/dev/null
  if [ -z "$STAGE_PIPES" ]; then
    say "no pipe can be made in ${TMPDIR:-/tmp}: the output is where PBS puts it, and not in stage logs"
    return 0
  fi
  copy out "$STAGE_STDOUT" &
  [ "$STAGE_STREAMS" = one ] || copy err "$STAGE_STDERR" >&2 &
}

# copy PIPE LOG: to LOG and to the standard output, of which either may fail.
copy() {
  trap '' TERM HUP INT USR1 USR2 XCPU
  tee -a "$2" < "$STAGE_PIPES/$1"
  : 2>/dev/null > "$STAGE_PIPES/$1.done"
}

# use_output: for the subshell that becomes the script.
use_output() {
  case ${STAGE_PIPES:+$STAGE_STREAMS} in
    one) exec > "$STAGE_PIPES/out" 2>&1 ;;
    two) exec > "$STAGE_PIPES/out" 2> "$STAGE_PIPES/err" ;;
    *) [ -n "$STAGE_STREAMS" ] || exec >> "$STAGE_STDOUT" 2>> "$STAGE_STDERR" ;;
  esac || exit 1
}

# end_output: wait for what is on its way. Processes that the script left behind may hold a pipe for ever: PBS ends them
# with the job, as it would without a wrapper.
end_output() {
  [ -n "$STAGE_PIPES" ] || return 0
  STAGE_TRIES=0
  until [ -e "$STAGE_PIPES/out.done" ] && { [ "$STAGE_STREAMS" = one ] || [ -e "$STAGE_PIPES/err.done" ]; }; do
    STAGE_TRIES=$((STAGE_TRIES + 1))
    [ "$STAGE_TRIES" -le 30 ] || break
    sleep 0.1 2>/dev/null || sleep 1
  done
  rm -f "$STAGE_PIPES/out" "$STAGE_PIPES/err" "$STAGE_PIPES/out.done" "$STAGE_PIPES/err.done"
  rmdir "$STAGE_PIPES"
}
