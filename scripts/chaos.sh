#!/bin/sh
# Plays N random seeds of deaths, wipes, outages and concurrency on the local profile, and counts what went wrong:
#   sh scripts/chaos.sh N [--seed S] [--keep] [--at PARALLEL] [--plant FAULT]
# docs/testing.md says what a seed is. Needs a build (npm run build).
set -eu
here=$(dirname "$0")
exec sh "$here/with-node.sh" node "$here/chaos.mjs" "$@"
