#!/bin/bash
# Stage in, compute, stage out; clean up when the job fails. Run it again after anything: it goes on where it was.
#
#   stage-and-compute.sh NAME FROM INPUT RESULTS TO
#
# FROM, INPUT, RESULTS and TO are collection:path of directories; compute.sh and clean.sh lie beside this script.
# INPUT_DIR and RESULTS_DIR in the environment: where jobs find what the collection calls INPUT and RESULTS.
# Exit codes are those of stage: 1 it failed, 3 a person must act, 4 not now: run it again later.
set -euo pipefail
name=$1 from=$2 input=$3 results=$4 to=$5
here=$(cd "$(dirname "$0")" && pwd)

# start KEY FROM TO: start a transfer, and remember its task in KEY.task, so that a repetition waits for the same one.
start() {
  if [ ! -s "$1.task" ]; then
    stage transfer start "$2" "$3" > "$1.task.new"
    mv "$1.task.new" "$1.task"
  fi
  cat "$1.task"
}

# The jobs first: they gain queue age while data moves. The same names give the same jobs.
variables=(-v "INPUT=$INPUT_DIR" -v "RESULTS=$RESULTS_DIR")
job=$(stage job submit "$here/compute.sh" --name "$name-compute" "${variables[@]}" --hold)
clean=$(stage job submit "$here/clean.sh" --name "$name-clean" "${variables[@]}" --afternotok "$job")

code=0
stage transfer wait "$(start "$name-in" "$from" "$input")" || code=$?
if [ "$code" -eq 1 ]; then
  # Nothing to compute on. The dependent goes first: PBS would leave it waiting for ever.
  stage job delete "$clean" "$job"
fi
[ "$code" -eq 0 ] || exit "$code"

stage job release "$job"
stage job wait "$job" # exit 1 when it failed: PBS starts clean.sh, and this script ends here
stage transfer wait "$(start "$name-out" "$results" "$to")"
echo "$name: done"
