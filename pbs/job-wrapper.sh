#!/bin/sh
#@DIRECTIVES
# The wrapper under which PBS runs a user's batch script. It needs sh and nothing else of stage on the node.
#
# Never runs:      nothing is claimed; the reconciler sees the job in the queue, or that PBS lost it.
# Stops half way:  the start marker stays without an end marker. A script that had ended has left its status, which
#                  counts. Otherwise PBS says what became of the job; when it cannot, the attempt counts as lost after
#                  it had started.
# Runs twice, one after the other (qrerun, node failure): the same job id claims the next start number, unless the
#                  script had already ended by itself: then its exit status is repeated and the script is not.
#                  With STAGE_INTERRUPTED=fail it is not run again either, and the job exits 95.
# Runs twice at once (two jobs for one attempt): only one can link the start marker. The other says so, exits 98,
#                  and never runs the script. An attempt that was given up is claimed by the reconciler beforehand.
# Subjobs of an array claim the attempt together and then each its own index. An index that succeeded in an earlier
# attempt is not run again.
#@apart.sh
#@VALUES
# STAGE_OWNER     the run that its facts belong to
# STAGE_FACTS     directory of the run's facts          STAGE_CLAIM   prefix of this attempt's markers
# STAGE_NEEDS     STAGE_AFTER   attempts that must have succeeded, and ended, as PBS was told in depend=
# STAGE_ARRAY     1: a subjob   STAGE_EARLIER  attempts whose subjobs need not run again
# STAGE_PERMIT    KEY.release.intent, the fact that must exist, or empty
# STAGE_SCRIPT  the user's script, as it was at submission; STAGE_SHA256 its digest, or empty
# STAGE_STDOUT    STAGE_STDERR  the run's logs of it    STAGE_STREAMS  output on PBS's streams too: two, one (joined)
# STAGE_INTERRUPTED  fail: a script that was interrupted is not run again
# STAGE_DELIVERS  1: PBS puts what the script wrote in its place when the job has ended
# STAGE_SHELL     what reads the script, or empty       STAGE_SHELL_ARG  its argument, or empty
# STAGE_BASH      1: bash -p runs the wrapper

STAGE_HOST=$(hostname 2>/dev/null || uname -n)

#@facts.sh

#@script.sh

#@output.sh

# A permit that was given on another node a moment ago may take a while to be seen here. A job whose hold was ended by
# hand (qrls) before its data was there has none: it says so, runs nothing, and is submitted again.
STAGE_TRIES=0
while [ -n "$STAGE_PERMIT" ] && [ ! -f "$STAGE_FACTS/$STAGE_PERMIT.json" ]; do
  STAGE_TRIES=$((STAGE_TRIES + 1))
  if [ "$STAGE_TRIES" -gt 10 ]; then
    fact "${STAGE_PERMIT%.release.intent}.unpermitted" "{\"at\":\"$(now)\"}"
    say "the run has not permitted this job to start: it was released before what it waits for had ended; the script was not run"
    exit 96
  fi
  sleep 1
done

if [ -f "$STAGE_FACTS/$STAGE_CLAIM.outcome.json" ] && [ ! -f "$STAGE_FACTS/$STAGE_CLAIM.start.1.json" ]; then
  say "attempt $STAGE_CLAIM was no longer needed when this job began; the script was not run"
  exit 98
fi

# ended_with CLAIM START: set STAGE_CODE to the exit status of a script that ended by itself, or to nothing. The wrapper
# may have been killed between the end of the script, whose status is on disk then, and its marker. A status of 143 or
# 137 without a marker does not tell whether the script was told to end.
ended_with() {
  STAGE_CODE=
  STAGE_ENDED="$STAGE_FACTS/$1.end.$2.json"
  if [ -f "$STAGE_ENDED" ]; then
    grep -q '"terminated":true' "$STAGE_ENDED" || STAGE_CODE=$(field "$STAGE_ENDED" exit)
  elif [ ! -f "$STAGE_FACTS/$1.term.$2.json" ]; then
    STAGE_CODE=$(field "$STAGE_FACTS/$1.status.$2.json" exit)
    case $STAGE_CODE in 137 | 143) STAGE_CODE= ;; esac
  fi
}

# PBS counts "afterok" as met for a job that was removed before it ran, so the needs' own end markers decide.
# A marker that was written on another node a moment ago may take a while to be seen here.
has_succeeded() {
  grep -qs '"exit":0[,}]' "$STAGE_FACTS/$1.end."*.json "$STAGE_FACTS/$1.status."*.json ||
    grep -qs '"state":"succeeded"' "$STAGE_FACTS/$1.outcome.json"
}
has_ended() {
  grep -qs '"exit":' "$STAGE_FACTS/$1.end."*.json "$STAGE_FACTS/$1.status."*.json ||
    grep -qsE '"state":"(succeeded|failed|cancelled|skipped)"' "$STAGE_FACTS/$1.outcome.json"
}
# require TEST WORD ATTEMPTS…
require() {
  STAGE_TEST=$1 STAGE_WORD=$2
  shift 2
  for STAGE_NEED; do
    STAGE_TRIES=0
    until "$STAGE_TEST" "$STAGE_NEED"; do
      STAGE_TRIES=$((STAGE_TRIES + 1))
      if [ "$STAGE_TRIES" -gt 10 ]; then
        say "$STAGE_NEED has not $STAGE_WORD; the script was not run"
        exit 96
      fi
      sleep 1
    done
  done
}
require has_succeeded succeeded $STAGE_NEEDS
require has_ended ended $STAGE_AFTER

# The script is what was recorded when the run was created or updated, or nothing is run, and nothing claimed for it: the
# attempt counts as lost, and the next one is not submitted while the script differs.
trap drop_copy EXIT
take_copy
if ! is_recorded; then
  fact "$STAGE_CLAIM.altered" "{\"job\":\"$STAGE_JOB\",\"at\":\"$(now)\"}"
  say "$STAGE_SCRIPT is not what was recorded (SHA-256 $STAGE_SHA256): the script was not run"
  exit 94
fi

# What PBS puts in its place when the job has ended is not there before: nothing is to follow the marker alone.
STAGE_DELIVERED=
[ "$STAGE_DELIVERS" = 0 ] || STAGE_DELIVERED=,\"delivers\":true
# ended CODE TERMINATED
ended() { echo "{\"job\":\"$STAGE_JOB\",\"exit\":$1,\"terminated\":$2$STAGE_DELIVERED,\"at\":\"$(now)\"}"; }
started() { echo "{\"job\":\"$STAGE_JOB\",\"host\":\"$STAGE_HOST\",\"pid\":$$,\"at\":\"$(now)\"}"; }

if [ "$STAGE_ARRAY" = 1 ]; then
  STAGE_WHOLE=$(echo "$STAGE_JOB" | sed 's/\[[0-9]*\]/[]/')
  STAGE_MARKER="$STAGE_FACTS/$STAGE_CLAIM.start.1.json"
  if ! fact "$STAGE_CLAIM.start.1" "{\"job\":\"$STAGE_WHOLE\",\"at\":\"$(now)\"}" &&
    [ "$(field "$STAGE_MARKER" job)" != "$STAGE_WHOLE" ]; then
    [ -f "$STAGE_MARKER" ] || { say "cannot record the start in $STAGE_FACTS; the script was not run"; exit 97; }
    say "attempt $STAGE_CLAIM was claimed by another array or given up; the script was not run"
    exit 98
  fi
  STAGE_CLAIM="$STAGE_CLAIM.i$STAGE_INDEX"
  STAGE_STDOUT="${STAGE_STDOUT%.out}.i$STAGE_INDEX.out"
  STAGE_STDERR="${STAGE_STDERR%.err}.i$STAGE_INDEX.err"
  for STAGE_NEED in $STAGE_EARLIER; do
    STAGE_START=1
    while [ -f "$STAGE_FACTS/$STAGE_NEED.i$STAGE_INDEX.start.$((STAGE_START + 1)).json" ]; do
      STAGE_START=$((STAGE_START + 1))
    done
    ended_with "$STAGE_NEED.i$STAGE_INDEX" "$STAGE_START"
    if [ "$STAGE_CODE" = 0 ]; then
      fact "$STAGE_CLAIM.start.1" "$(started)"
      fact "$STAGE_CLAIM.end.1" \
        "{\"job\":\"$STAGE_JOB\",\"exit\":0,\"terminated\":false,\"earlier\":\"$STAGE_NEED\",\"at\":\"$(now)\"}"
      say "index $STAGE_INDEX succeeded in attempt $STAGE_NEED; the script was not run again"
      exit 0
    fi
  done
fi

# Where its output cannot go the script is not begun: its redirection would fail in its place, and look like its end.
if [ -z "$STAGE_STREAMS" ] && [ ! -f "$STAGE_FACTS/$STAGE_CLAIM.start.1.json" ] &&
  ! { true >> "$STAGE_STDOUT" && true >> "$STAGE_STDERR"; } 2>/dev/null; then
  say "cannot write its output to $STAGE_STDOUT and $STAGE_STDERR; the script was not run"
  exit 97
fi

STAGE_START=1
STAGE_TRIES=0
while ! fact "$STAGE_CLAIM.start.$STAGE_START" "$(started)"; do
  STAGE_MARKER="$STAGE_FACTS/$STAGE_CLAIM.start.$STAGE_START.json"
  if [ ! -f "$STAGE_MARKER" ]; then
    STAGE_TRIES=$((STAGE_TRIES + 1))
    if [ "$STAGE_TRIES" -le 2 ]; then
      sleep "$STAGE_TRIES"
      continue
    fi
    say "cannot record the start in $STAGE_FACTS; the script was not run"
    exit 97
  fi
  if [ "$(field "$STAGE_MARKER" job)" != "$STAGE_JOB" ]; then
    say "attempt $STAGE_CLAIM was claimed by another job or given up; the script was not run"
    exit 98
  fi
  ended_with "$STAGE_CLAIM" "$STAGE_START"
  if [ -n "$STAGE_CODE" ]; then
    fact "$STAGE_CLAIM.end.$STAGE_START" "$(ended "$STAGE_CODE" false)" &&
      rm -f "$STAGE_FACTS/$STAGE_CLAIM.status.$STAGE_START.json"
    say "started again by PBS after the script had ended with $STAGE_CODE; it was not run again"
    exit "$STAGE_CODE"
  fi
  if [ "$STAGE_INTERRUPTED" = fail ]; then
    say "started again by PBS after the script had been interrupted; it was not run again"
    exit 95
  fi
  STAGE_START=$((STAGE_START + 1))
done

STAGE_TERMINATED=false
STAGE_CAUGHT=
trap 'STAGE_CAUGHT=1 STAGE_TERMINATED=true' TERM
# These go to the script as well, which may use them; the wrapper lives on to record the end.
trap 'STAGE_CAUGHT=1' HUP INT USR1 USR2 XCPU

# The script's exit status goes through a fact: it counts also where this wrapper is killed before its marker, and bash may
# lose the status of a background child when a signal arrives just as it starts. A trap with a handler is no trap in the
# script itself, where the signal does what it always does.
STAGE_STATUS="$STAGE_CLAIM.status.$STAGE_START"
begin_output
(
  trap : TERM HUP INT USR1 USR2 XCPU
  (use_output && run_script) < /dev/null
  STAGE_CODE=$?
  fact "$STAGE_STATUS" "{\"job\":\"$STAGE_JOB\",\"exit\":$STAGE_CODE$STAGE_DELIVERED,\"at\":\"$(now)\"}"
  exit "$STAGE_CODE"
) &
STAGE_CHILD=$!
note_term() { fact "$STAGE_CLAIM.term.$STAGE_START" "{\"job\":\"$STAGE_JOB\",\"at\":\"$(now)\"}"; }
await_script "$STAGE_CHILD"
STAGE_CODE=$(field "$STAGE_FACTS/$STAGE_STATUS.json" exit)
STAGE_CODE=${STAGE_CODE:-$STAGE_TOLD}
# PBS signals the script's processes some milliseconds before the wrapper: one's own signal may be on its way.
if [ "$STAGE_TERMINATED" = false ]; then
  case $STAGE_CODE in 137 | 143) sleep 1 ;; esac
fi
# It has ended by itself; what comes from now on did not end it.
trap 'STAGE_CAUGHT=1' TERM
end_output

# A disk that is full may have room again in a moment. Without the marker the status counts, or PBS's history.
STAGE_END=$(ended "$STAGE_CODE" "$STAGE_TERMINATED")
for STAGE_PAUSE in 1 2 4 8 0; do
  fact "$STAGE_CLAIM.end.$STAGE_START" "$STAGE_END" && rm -f "$STAGE_FACTS/$STAGE_STATUS.json" && break
  # PBS sends SIGKILL soon after SIGTERM, and what was told to end shall end.
  if [ "$STAGE_PAUSE" = 0 ] || [ "$STAGE_TERMINATED" = true ]; then
    say "cannot record the end ($STAGE_CODE) in $STAGE_FACTS"
    break
  fi
  sleep "$STAGE_PAUSE"
done
exit "$STAGE_CODE"
