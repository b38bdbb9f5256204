#!/bin/sh
# E: a transfer that was started elsewhere does the work of a step. See docs/scenarios/e-adopt.md.
. "$(dirname "$0")/common.sh"

show 'stage local rate 3k'
show 'task=$(stage transfer start archive:/input/ cluster:/input/)'
show 'stage run scenario.yaml --name e-active --param cluster=$cluster --adopt $task'
show 'stage local rate unlimited'
show 'stage status e-active --wait'
same "$(wc -l < "$cluster/executions")" 1 'executions of compute'

show 'task=$(stage transfer start archive:/input/ cluster:/input/)'
show 'stage transfer wait $task'
show 'stage run scenario.yaml --name e-done --param cluster=$cluster --adopt $task --wait'
same "$(wc -l < "$cluster/executions")" 2 'executions of compute'

show 'stage local pause archive'
show 'stage run scenario.yaml --name e-later --param cluster=$cluster'
show 'lost=$(stage transfer list --limit 1 | cut -d " " -f 1)'
show 'stage transfer cancel $lost'
show 'stage local resume archive'
exits 1 'stage status e-later --wait'
show 'task=$(stage transfer start archive:/input/ cluster:/input/)'
show 'stage adopt e-later stage-in $task'
show 'stage status e-later --wait'
same "$(wc -l < "$cluster/executions")" 3 'executions of compute'
