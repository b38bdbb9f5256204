#!/bin/sh
# The probe of "stage doctor --job": what a monitor would see from its node, and with its environment.
#
# Never runs:      the command that waits for it gives up after --job-timeout, and deletes it.
# Stops half way:  what it did not write is told as not seen; its directory goes with the command.
# Runs twice, one after the other or at once: each file is linked once; the second leaves it as it is.
umask 077
#@VALUES
cd "$STAGE_PROBE" || exit 1
[ -f fact.json ] || exit 2
printf '{"host":"%s"}\n' "$(hostname)" >.new-from-job && ln .new-from-job from-job.json && ! ln .new-from-job fact.json 2>/dev/null
#@SETUP
#@find-stage.sh
"$STAGE_CLI" doctor --probe "$STAGE_PROBE" >said.txt 2>&1
printf '{"exit":%s}\n' "$?" >.new-ended && ln .new-ended ended.json
