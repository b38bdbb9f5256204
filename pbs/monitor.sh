#!/bin/sh
# A monitor: one link of the chain. It submits its successor first, looks once at everything, and ends.
#
# Never runs:      it was lost from the queue; any stage command finds the chain broken and adds a link.
# Stops half way:  its successor is in the queue already, and goes on from the facts.
# Runs twice, one after the other or at once: the successor's generation is a fact that only one can create.
umask 077
#@VALUES
#@SETUP
#@find-stage.sh
# A process that was killed, or could not begin (sh ends with 127 where the installation is not mounted, stage with 2
# where the configuration is not), has added no successor: the chain would be broken.
end=$(($(date +%s) + STAGE_SECONDS))
for pause in 0 10 30 60; do
  sleep "$pause"
  left=$((end - $(date +%s)))
  [ "$left" -gt 0 ] || left=0
  "$STAGE_CLI" monitor --role monitor --generation "$STAGE_GENERATION" --seconds "$left"
  code=$?
  case $code in 0 | 3 | 4 | 5 | 70) exit "$code" ;; esac
done
exit "$code"
