#!/bin/sh
# A: the source is paused, the workflow is run, the pause ends. See docs/scenarios/a-pause.md.
. "$(dirname "$0")/common.sh"

show 'stage local pause archive --message "tape robot under repair"'
show 'stage run scenario.yaml --name a --param cluster=$cluster'
await test -e "$STAGE_HOME/$STAGE_PROFILE/monitor/000002.look.json"
show 'stage status a'
show 'qstat'
show 'stage local resume archive'
show 'stage status a --wait'
show 'cmp $cluster/results/checksums.txt $archive/results/checksums.txt'
same "$(wc -l < "$cluster/executions")" 1 'executions of compute'
[ ! -e "$cluster/cleanups" ]
