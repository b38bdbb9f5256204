#!/bin/sh
# A job that waits for one transfer (strategy: wait): PBS starts what depends on it when it succeeds.
#
# Never runs:      it was lost from the queue; any other look submits another one, and submits again what depends on it.
# Stops half way:  it was killed: the transfer continues by itself, and any other look submits another one. Before its
#                  walltime it leaves by itself, and hands over to a successor.
# Runs twice, one after the other or at once: each looks, and looking twice does nothing twice.
# A transfer that is paused or inactive, or a Globus that cannot be reached, ends nothing: it goes on waiting.
umask 077
#@VALUES
#@SETUP
#@find-stage.sh
end=$(($(date +%s) + STAGE_SECONDS))
while :; do
  left=$((end - $(date +%s)))
  [ "$left" -gt 0 ] || left=0
  "$STAGE_CLI" monitor --role wait --of "$STAGE_OF" --seconds "$left"
  code=$?
  # 0: the transfer succeeded. 10: it failed. Anything else says nothing about it, as the 127 of a node that lacks stage.
  case $code in
    0) exit 0 ;;
    10) exit 1 ;;
  esac
  # Its time is up when it says that it leaves: a job that stays would be ended at the walltime.
  left=$((end - $(date +%s)))
  [ "$left" -gt 0 ] || exit "$code"
  [ "$left" -lt 10 ] || left=10
  sleep "$left"
done
