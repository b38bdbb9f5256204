#!/bin/sh
# A launcher or a sentinel: PBS starts it when a job has ended, and it looks once at the run that it serves.
#
# A launcher (depend=afterok) starts the transfer that waits for the jobs before it.
#   Never runs:      the jobs failed, or it was lost from the queue; any other look starts the transfer, or ends the step.
#   Stops half way:  what it was about to do is on record; the next look takes it up under the same submission id.
# A sentinel (depend=afterany) sees the end of the job that it watches.
#   Never runs:      its job was deleted before it ran, or the queue was wiped; any other look deletes or replaces it.
#   Stops half way:  facts are whole or absent; the next look goes on from them.
# Either runs twice, one after the other or at once: looking twice does nothing twice.
umask 077
#@VALUES
#@SETUP
#@find-stage.sh
# PBS or Globus may be away for a moment (4). The process may have been killed, or could not begin: sh ends with 127
# where the installation is not mounted, stage with 2 where the configuration is not. The next look would come much
# later, or never. While PBS takes no monitor that would look next, stage itself stays.
end=$(($(date +%s) + STAGE_SECONDS))
for pause in 0 10 30 60 120; do
  sleep "$pause"
  left=$((end - $(date +%s)))
  [ "$left" -gt 0 ] || left=0
  "$STAGE_CLI" monitor --role "$STAGE_ROLE" --run "$STAGE_RUN" --seconds "$left"
  code=$?
  case $code in 0 | 3 | 5 | 70) exit "$code" ;; esac
  [ "$left" -gt 0 ] || break
done
exit "$code"
