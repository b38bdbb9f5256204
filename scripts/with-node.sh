#!/bin/sh
# Runs a command with the Node.js that stage itself runs with: sh scripts/with-node.sh vitest run
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
sh "$root/scripts/runtime.sh"
PATH=$root/.runtime/bin:$root/node_modules/.bin:$PATH
export PATH
exec "$@"
