#!/bin/sh
#@DIRECTIVES
# The wrapper of "stage job submit": the user's script with its output where PBS puts it, and a marker of its end.
#
# Never runs:      no marker is left; PBS knows the job, or "stage job wait" says that nothing is known of it.
# Stops half way:  no end marker is left; PBS says what became of the job.
# Runs twice, one after the other (qrerun, node failure): the script runs again, and the newest end counts.
# Runs twice at once (two jobs for one name): only one can link the claim. The other exits 98 without running the script.
#@VALUES
# STAGE_MARKERS  prefix of the markers         STAGE_SCRIPT     the user's script, as it was at submission
# STAGE_SHELL    interpreter                   STAGE_SHELL_ARG  its argument, or empty

job=${PBS_JOBID:-none}
# Each member of an array has markers of its own.
STAGE_FACTS=${STAGE_MARKERS%/*}
mark=${STAGE_MARKERS##*/}${PBS_ARRAY_INDEX:+.member-$PBS_ARRAY_INDEX}

#@facts.sh

# A try that stage gave up has a claim of the whole. The members of an array look for it once they have their own: of
# stage, which looks for theirs, and them one sees the other.
given_up() { [ "$mark" != "${STAGE_MARKERS##*/}" ] && [ -e "$STAGE_MARKERS.claim.json" ]; }

if ! fact "$mark.claim" "{\"job\":\"$job\"}" || given_up; then
  say "${STAGE_MARKERS##*/} was given up, or claimed by another job, or $STAGE_FACTS cannot be written; the script was not run"
  exit 98
fi

caught=
# PBS tells the script's own processes too; the wrapper lives on to record the end.
trap 'caught=1' TERM HUP INT USR1 USR2 XCPU
(
  trap - TERM HUP INT USR1 USR2 XCPU
  if [ -n "$STAGE_SHELL_ARG" ]; then exec "$STAGE_SHELL" "$STAGE_SHELL_ARG" "$STAGE_SCRIPT"; fi
  exec "$STAGE_SHELL" "$STAGE_SCRIPT"
) &
child=$!
# wait returns early when a trapped signal arrives; only the end of the child ends the loop.
while :; do
  caught=
  wait "$child"
  code=$?
  [ -n "$caught" ] || break
  kill -0 "$child" 2>/dev/null || break
done
number=1
until fact "$mark.end.$number" "{\"job\":\"$job\",\"exit\":$code,\"pid\":$$,\"at\":\"$(now)\"}"; do
  [ -f "$STAGE_FACTS/$mark.end.$number.json" ] || break
  number=$((number + 1))
done
exit "$code"
