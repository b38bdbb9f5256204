#!/bin/bash
# V2, as people write it: compute and cleanup wait under user holds; a short monitor job looks at the transfer,
# submits itself again for later while it is on its way, and in the end releases the one and deletes the other.
# usage: v2-run.sh SETTINGS
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
settings=$1
. "$settings"

task=$("$GLOBUS" transfer "$IN_FROM" "$IN_TO" --recursive --label v2 --jmespath task_id --format unix)
compute=$(qsub -h -N v2-compute -j oe -o "$LOGS/" -v "SETTINGS=$settings" "$here/compute.pbs")
cleanup=$(qsub -h -N v2-cleanup -j oe -o "$LOGS/" -v "SETTINGS=$settings" "$here/cleanup.pbs")
stage_out=$(qsub -N v2-out -j oe -o "$LOGS/" -W "depend=afterok:$compute" \
  -v "SETTINGS=$settings,FROM=$OUT_FROM,TO=$OUT_TO" "$here/transfer.pbs")
monitor=$(qsub -N v2-monitor -j oe -o "$LOGS/" -a "$(date -d '2 seconds' +%Y%m%d%H%M.%S)" \
  -v "SETTINGS=$settings,TASK=$task,COMPUTE=$compute,CLEANUP=$cleanup,STAGE_OUT=$stage_out" "$here/monitor.pbs")
echo "$task $compute $cleanup $stage_out $monitor"
