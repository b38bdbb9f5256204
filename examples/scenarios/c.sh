#!/bin/sh
# C: the credential of the source expires during the stage-in. See docs/scenarios/c-credential.md.
. "$(dirname "$0")/common.sh"

looks() { find "$STAGE_HOME/$STAGE_PROFILE/monitor" -name '*.look.json' | wc -l; }
moves() { stage transfer list --json | grep -q '"bytesTransferred":[1-9]'; }

show 'stage local rate 3k'
show 'stage run scenario.yaml --name c --param cluster=$cluster'
await moves
show 'stage local expire archive'
exits 3 'stage status c'
show 'qstat'
looked=$(looks)
more() { [ "$(looks)" -ge $((looked + 2)) ]; }
await more
show 'qstat'
[ ! -e "$cluster/executions" ]

show 'stage local renew archive'
show 'stage local rate unlimited'
await test -e "$STAGE_HOME/$STAGE_PROFILE/sealed/c.1.json"
show 'stage status c'
same "$(wc -l < "$cluster/executions")" 1 'executions of compute'
[ ! -e "$cluster/cleanups" ]
