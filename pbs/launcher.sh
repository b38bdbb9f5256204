#!/bin/sh
# A launcher: PBS starts it when the jobs before a transfer have succeeded (depend=afterok), and it starts the transfer.
#
# Never runs:      the jobs failed, or it was lost from the queue; any other look starts the transfer, or ends the step.
# Stops half way:  what it was about to do is on record; the next look takes it up under the same submission id.
# Runs twice, one after the other or at once: the submission id makes it one task.
umask 077
#@VALUES
#@SETUP
# PBS or Globus may be away for a moment (exit 4), or this process was killed or could not begin (above 125):
# nobody else would come for a while.
for pause in 0 10 30 60 120; do
  sleep "$pause"
  "$STAGE_NODE" "$STAGE_CLI" monitor --role launcher
  code=$?
  [ "$code" -eq 4 ] || [ "$code" -gt 125 ] || exit "$code"
done
exit "$code"
