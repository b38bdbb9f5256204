#!/bin/sh
# B: the task of the stage-in is terminated. See docs/scenarios/b-terminated.md.
. "$(dirname "$0")/common.sh"

show 'stage local pause archive'
show 'stage run scenario.yaml --name b --param cluster=$cluster'
show 'stage transfer list'
show 'task=$(stage transfer list --limit 1 | cut -d " " -f 1)'
show 'stage transfer cancel $task'
await test -e "$STAGE_HOME/$STAGE_PROFILE/sealed/b.1.json"
exits 1 'stage status b'
[ ! -e "$cluster/executions" ]
same "$(wc -l < "$cluster/cleanups")" 1 'executions of cleanup'

show 'stage local resume archive'
show 'stage resume b'
show 'stage status b --wait'
same "$(wc -l < "$cluster/executions")" 1 'executions of compute'
same "$(wc -l < "$cluster/cleanups")" 1 'executions of cleanup'
