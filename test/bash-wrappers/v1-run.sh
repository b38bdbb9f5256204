#!/bin/bash
# V1, as people write it: a job that waits for the transfer, and everything else chained to it by PBS.
# usage: v1-run.sh SETTINGS   (a file of NAME=value lines, kept from others: it holds the client's secret)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
settings=$1
. "$settings"

stage_in=$(qsub -N v1-in -j oe -o "$LOGS/" -l select=1:ncpus=1 -l walltime=00:05:00 \
  -v "SETTINGS=$settings,FROM=$IN_FROM,TO=$IN_TO" "$here/transfer.pbs")
compute=$(qsub -N v1-compute -j oe -o "$LOGS/" -W "depend=afterok:$stage_in" -v "SETTINGS=$settings" "$here/compute.pbs")
stage_out=$(qsub -N v1-out -j oe -o "$LOGS/" -W "depend=afterok:$compute" \
  -v "SETTINGS=$settings,FROM=$OUT_FROM,TO=$OUT_TO" "$here/transfer.pbs")
cleanup=$(qsub -N v1-cleanup -j oe -o "$LOGS/" -W "depend=afternotok:$stage_in" -v "SETTINGS=$settings" "$here/cleanup.pbs")
echo "$stage_in $compute $stage_out $cleanup"
