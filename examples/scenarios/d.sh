#!/bin/sh
# D: the queue is wiped while the transfer goes on. See docs/scenarios/d-wiped.md.
. "$(dirname "$0")/common.sh"

queued() { qstat | grep -q compute.d; }

show 'stage local rate 3k'
show 'stage run scenario.yaml --name d --param cluster=$cluster'
show 'task=$(stage transfer list --limit 1 | cut -d " " -f 1)'
# A monitor that has ended meanwhile is not there to be deleted, and qdel says so.
set +e
show 'qselect -u $(id -un) | xargs qdel'
set -e
show 'qstat'
show 'stage run scenario.yaml --name d --param cluster=$cluster --adopt stage-in=$task'
show 'qstat'

show 'stage local wipe'
show 'stage run scenario.yaml --name d --param cluster=$cluster'
await queued
show 'qstat'

show 'stage local wipe'
show 'stage resume --all'
await queued
show 'qstat'

show 'stage local rate unlimited'
show 'stage status d --wait'
show 'stage transfer list'
show 'cat $cluster/executions'
same "$(stage transfer list --json | grep -o '"label":"stage d.1 stage-in [0-9]*"' | wc -l)" 1 'tasks of the stage-in'
same "$(wc -l < "$cluster/executions")" 1 'executions of compute'
[ ! -e "$cluster/cleanups" ]
