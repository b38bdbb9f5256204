#!/bin/sh
#@DIRECTIVES
# The wrapper of "stage job submit": the user's script with its output where PBS puts it, and a marker of its end.
#
# Never runs:      no marker is left; PBS knows the job, or "stage job wait" says that nothing is known of it.
# Stops half way:  no end marker is left; PBS says what became of the job.
# Runs twice, one after the other (qrerun, node failure): the script runs again, and the newest end counts.
# Runs twice at once (two jobs for one name): only one can link the claim. The other exits 98 without running the script.
#@apart.sh
#@VALUES
# STAGE_MARKERS  prefix of the markers         STAGE_SCRIPT     the user's script, as it was at submission
# STAGE_SHA256   its digest, or empty          STAGE_OWNER      empty: no run
# STAGE_SHELL    what reads it, or empty       STAGE_SHELL_ARG  its argument, or empty
# STAGE_BASH     1: bash -p runs the wrapper

# Each member of an array has markers of its own.
STAGE_FACTS=${STAGE_MARKERS%/*}
STAGE_MARK=${STAGE_MARKERS##*/}${STAGE_INDEX:+.member-$STAGE_INDEX}

#@facts.sh

#@script.sh

# A try that stage gave up has a claim of the whole. The members of an array look for it once they have their own: of
# stage, which looks for theirs, and them one sees the other.
given_up() { [ "$STAGE_MARK" != "${STAGE_MARKERS##*/}" ] && [ -e "$STAGE_MARKERS.claim.json" ]; }

# The script is what it was at submission, or nothing is run.
trap drop_copy EXIT
take_copy
if ! is_recorded; then
  fact "$STAGE_MARK.altered" "{\"job\":\"$STAGE_JOB\",\"at\":\"$(now)\"}"
  say "$STAGE_SCRIPT is not what was submitted (SHA-256 $STAGE_SHA256): the script was not run"
  exit 94
fi

if ! fact "$STAGE_MARK.claim" "{\"job\":\"$STAGE_JOB\"}" || given_up; then
  say "${STAGE_MARKERS##*/} was given up, or claimed by another job, or $STAGE_FACTS cannot be written; the script was not run"
  exit 98
fi

STAGE_TERMINATED=false
# PBS tells the script's own processes too; the wrapper lives on to record the end.
trap 'STAGE_CAUGHT=1' TERM HUP INT USR1 USR2 XCPU
(
  trap - TERM HUP INT USR1 USR2 XCPU
  run_script
) &
STAGE_CHILD=$!
note_term() { :; }
await_script "$STAGE_CHILD"
STAGE_CODE=$STAGE_TOLD
STAGE_NUMBER=1
until fact "$STAGE_MARK.end.$STAGE_NUMBER" "{\"job\":\"$STAGE_JOB\",\"exit\":$STAGE_CODE,\"pid\":$$,\"at\":\"$(now)\"}"; do
  [ -f "$STAGE_FACTS/$STAGE_MARK.end.$STAGE_NUMBER.json" ] || break
  STAGE_NUMBER=$((STAGE_NUMBER + 1))
done
exit "$STAGE_CODE"
