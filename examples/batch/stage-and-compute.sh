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

# keep FILE COMMAND...: what the command prints, kept in FILE once it has succeeded. The next time FILE is read.
keep() {
  [ -s "$1" ] || { "${@:2}" > "$1.new" && mv "$1.new" "$1"; } || return
  cat "$1"
}

# start KEY FROM TO: start a transfer, once. KEY.id is there before Globus is asked, and the same id is one task,
# whatever became of the answer; KEY.task is its task.
start() {
  local id
  id=$(keep "$1.id" stage transfer submission-id) || return
  keep "$1.task" stage transfer start "$2" "$3" --submission-id "$id"
}

# The jobs first: they gain queue age while data moves. The same names give the same jobs.
variables=(-v "INPUT=$INPUT_DIR" -v "RESULTS=$RESULTS_DIR")
job=$(stage job submit "$here/compute.sh" --name "$name-compute" "${variables[@]}" --hold)
clean=$(stage job submit "$here/clean.sh" --name "$name-clean" "${variables[@]}" --afternotok "$job")

task=$(start "$name-in" "$from" "$input") || exit
code=0
stage transfer wait "$task" || code=$?
if [ "$code" -eq 1 ]; then
  # Nothing to compute on. The dependent goes first: PBS would leave it waiting for ever.
  stage job delete "$clean" "$job"
fi
[ "$code" -eq 0 ] || exit "$code"

stage job release "$job"
stage job wait "$job" # exit 1 when it failed: PBS starts clean.sh, and this script ends here
task=$(start "$name-out" "$results" "$to") || exit
stage transfer wait "$task"
echo "$name: done"
