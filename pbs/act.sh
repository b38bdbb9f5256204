#!/bin/sh
# A job that copies for a step (link, move) from one file system to another, since that takes longer than a look may.
#
# Never runs:      it was lost from the queue, or deleted; any other look submits another one. After three that ended too
#                  early looks copy themselves, a few seconds each.
# Stops half way:  how far it is, is on record; the next one, or a look, goes on from there, within a file too. Nothing is
#                  removed before all of it was copied and compared.
# Runs twice, one after the other or at once: both write the same bytes to the same places.
umask 077
#@VALUES
#@SETUP
#@find-stage.sh
end=$(($(date +%s) + STAGE_SECONDS))
# PBS, Globus or a file system may be away for a moment (4). The process may have been killed, or could not begin.
for pause in 0 10 30 60 120; do
  sleep "$pause"
  left=$((end - $(date +%s)))
  [ "$left" -gt 0 ] || left=0
  "$STAGE_CLI" monitor --role act --of "$STAGE_OF" --seconds "$left"
  code=$?
  case $code in 0 | 3 | 5 | 70) exit "$code" ;; esac
  [ "$left" -gt 0 ] || break
done
exit "$code"
