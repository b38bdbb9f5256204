#!/bin/sh
#@DIRECTIVES
# The wrapper under which PBS runs a user's batch script. It needs sh and nothing else of stage on the node.
#
# Never runs:      nothing is claimed; the reconciler sees the job in the queue, or that PBS lost it.
# Stops half way:  the start marker stays without an end marker. PBS says what became of the job; when it cannot,
#                  the attempt counts as lost after it had started.
# Runs twice, one after the other (qrerun, node failure): the same job id claims the next start number, unless the
#                  script had already ended by itself: then its exit status is repeated and the script is not.
#                  With STAGE_INTERRUPTED=fail it is not run again either, and the job exits 95.
# Runs twice at once (two jobs for one attempt): only one can link the start marker. The other says so, exits 98,
#                  and never runs the script. An attempt that was given up is claimed by the reconciler beforehand.
# Subjobs of an array claim the attempt together and then each its own index. An index that succeeded in an earlier
# attempt is not run again.
# What is kept here is for its owner; what the script makes has the modes that "#PBS -W umask" or the login shell chose.
script_umask=$(umask)
umask 077
#@VALUES
# STAGE_FACTS     directory of the run's facts          STAGE_CLAIM   prefix of this attempt's markers
# STAGE_NEEDS     STAGE_AFTER   attempts that must have succeeded, and ended, as PBS was told in depend=
# STAGE_ARRAY     1: a subjob   STAGE_EARLIER  attempts whose subjobs need not run again
# STAGE_PERMIT    fact that must exist, or empty        STAGE_SCRIPT  the user's script, as it was at submission
# STAGE_STDOUT    STAGE_STDERR  where its output goes   STAGE_ECHO    1: repeat the output on PBS's own streams
# STAGE_INTERRUPTED  fail: a script that was interrupted is not run again
# STAGE_SHELL     interpreter                           STAGE_SHELL_ARG  its argument, or empty

job=${PBS_JOBID:-none}
host=$(hostname 2>/dev/null || uname -n)

#@facts.sh

if [ -n "$STAGE_PERMIT" ] && [ ! -f "$STAGE_FACTS/$STAGE_PERMIT.json" ]; then
  say "the run has not permitted this job to start; the script was not run"
  exit 96
fi

if [ -f "$STAGE_FACTS/$STAGE_CLAIM.outcome.json" ] && [ ! -f "$STAGE_FACTS/$STAGE_CLAIM.start.1.json" ]; then
  say "attempt $STAGE_CLAIM was no longer needed when this job began; the script was not run"
  exit 98
fi

# PBS counts "afterok" as met for a job that was removed before it ran, so the needs' own end markers decide.
# A marker that was written on another node a moment ago may take a while to be seen here.
has_succeeded() {
  grep -qs '"exit":0[,}]' "$STAGE_FACTS/$1.end."*.json || grep -qs '"state":"succeeded"' "$STAGE_FACTS/$1.outcome.json"
}
has_ended() {
  grep -qs '"exit":' "$STAGE_FACTS/$1.end."*.json || grep -qsv '"state":"lost"' "$STAGE_FACTS/$1.outcome.json"
}
# require TEST WORD ATTEMPTS…
require() {
  test=$1 word=$2
  shift 2
  for attempt; do
    tries=0
    until "$test" "$attempt"; do
      tries=$((tries + 1))
      if [ "$tries" -gt 10 ]; then
        say "$attempt has not $word; the script was not run"
        exit 96
      fi
      sleep 1
    done
  done
}
require has_succeeded succeeded $STAGE_NEEDS
require has_ended ended $STAGE_AFTER

if [ "$STAGE_ARRAY" = 1 ]; then
  whole=$(echo "$job" | sed 's/\[[0-9]*\]/[]/')
  marker="$STAGE_FACTS/$STAGE_CLAIM.start.1.json"
  if ! fact "$STAGE_CLAIM.start.1" "{\"job\":\"$whole\",\"at\":\"$(now)\"}" && [ "$(field "$marker" job)" != "$whole" ]; then
    [ -f "$marker" ] || { say "cannot record the start in $STAGE_FACTS; the script was not run"; exit 97; }
    say "attempt $STAGE_CLAIM was claimed by another array or given up; the script was not run"
    exit 98
  fi
  STAGE_CLAIM="$STAGE_CLAIM.i$PBS_ARRAY_INDEX"
  STAGE_STDOUT="${STAGE_STDOUT%.out}.i$PBS_ARRAY_INDEX.out"
  STAGE_STDERR="${STAGE_STDERR%.err}.i$PBS_ARRAY_INDEX.err"
  for earlier in $STAGE_EARLIER; do
    if grep -qs '"exit":0,"terminated":false' "$STAGE_FACTS/$earlier.i$PBS_ARRAY_INDEX.end."*.json; then
      fact "$STAGE_CLAIM.start.1" "{\"job\":\"$job\",\"host\":\"$host\",\"pid\":$$,\"at\":\"$(now)\"}"
      fact "$STAGE_CLAIM.end.1" "{\"job\":\"$job\",\"exit\":0,\"terminated\":false,\"earlier\":\"$earlier\",\"at\":\"$(now)\"}"
      say "index $PBS_ARRAY_INDEX succeeded in attempt $earlier; the script was not run again"
      exit 0
    fi
  done
fi

# Where its output cannot go the script is not begun: its redirection would fail in its place, and look like its end.
if [ ! -f "$STAGE_FACTS/$STAGE_CLAIM.start.1.json" ] &&
  ! { true >> "$STAGE_STDOUT" && true >> "$STAGE_STDERR"; } 2>/dev/null; then
  say "cannot write its output to $STAGE_STDOUT and $STAGE_STDERR; the script was not run"
  exit 97
fi

start=1
tries=0
while ! fact "$STAGE_CLAIM.start.$start" "{\"job\":\"$job\",\"host\":\"$host\",\"pid\":$$,\"at\":\"$(now)\"}"; do
  marker="$STAGE_FACTS/$STAGE_CLAIM.start.$start.json"
  if [ ! -f "$marker" ]; then
    tries=$((tries + 1))
    if [ "$tries" -le 2 ]; then
      sleep "$tries"
      continue
    fi
    say "cannot record the start in $STAGE_FACTS; the script was not run"
    exit 97
  fi
  if [ "$(field "$marker" job)" != "$job" ]; then
    say "attempt $STAGE_CLAIM was claimed by another job or given up; the script was not run"
    exit 98
  fi
  ended="$STAGE_FACTS/$STAGE_CLAIM.end.$start.json"
  if [ -f "$ended" ] && ! grep -q '"terminated":true' "$ended"; then
    code=$(field "$ended" exit)
    say "started again by PBS after the script had ended with $code; it was not run again"
    exit "${code:-97}"
  fi
  if [ "$STAGE_INTERRUPTED" = fail ]; then
    say "started again by PBS after the script had been interrupted; it was not run again"
    exit 95
  fi
  start=$((start + 1))
done

terminated=false
caught=
trap 'caught=1 terminated=true' TERM
# These go to the script as well, which may use them; the wrapper lives on to record the end.
trap 'caught=1' HUP INT USR1 USR2 XCPU

# The script's exit status goes through a file: bash may lose the status of a background child when a signal arrives
# just as it starts. A trap with a handler is no trap in the script itself, where the signal does what it always does.
# A relative word such as "bash" is looked up in PATH, as PBS does.
status="$STAGE_FACTS/.new-$job-$$-status"
(
  trap : TERM HUP INT USR1 USR2 XCPU
  umask "$script_umask"
  if [ -n "$STAGE_SHELL_ARG" ]; then
    "$STAGE_SHELL" "$STAGE_SHELL_ARG" "$STAGE_SCRIPT" </dev/null >>"$STAGE_STDOUT" 2>>"$STAGE_STDERR"
  else
    "$STAGE_SHELL" "$STAGE_SCRIPT" </dev/null >>"$STAGE_STDOUT" 2>>"$STAGE_STDERR"
  fi
  code=$?
  umask 077
  echo "$code" > "$status"
  exit "$code"
) &
child=$!
# wait returns early when a trapped signal arrives; only the end of the child ends the loop.
noted=false
while :; do
  caught=
  wait "$child"
  told=$?
  if [ "$terminated$noted" = truefalse ]; then
    noted=true
    fact "$STAGE_CLAIM.term.$start" "{\"job\":\"$job\",\"at\":\"$(now)\"}"
  fi
  [ -z "$caught" ] || continue
  kill -0 "$child" 2>/dev/null || break
  sleep 1
done
code=$(cat "$status" 2>/dev/null)
rm -f "$status"
code=${code:-$told}

# A disk that is full may have room again in a moment. Without the marker PBS's history tells the exit status.
end="{\"job\":\"$job\",\"exit\":$code,\"terminated\":$terminated,\"at\":\"$(now)\"}"
for pause in 1 2 4 8 0; do
  fact "$STAGE_CLAIM.end.$start" "$end" && break
  # PBS sends SIGKILL soon after SIGTERM, and what was told to end shall end.
  if [ "$pause" = 0 ] || [ "$terminated" = true ]; then
    say "cannot record the end ($code) in $STAGE_FACTS"
    break
  fi
  sleep "$pause"
done
if [ "$STAGE_ECHO" = 1 ]; then
  cat "$STAGE_STDOUT"
  cat "$STAGE_STDERR" >&2
fi
exit "$code"
