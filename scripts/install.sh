#!/bin/sh
# Makes sure of Node.js (scripts/runtime.sh), installs what package-lock.json names unless that is there, and builds.
set -eu
cd "$(dirname "$0")/.."
sh scripts/runtime.sh
command -v npm >/dev/null || { echo "npm is missing: it comes with Node.js" >&2; exit 1; }
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  # Not "npm ci": it refuses to install at all when a registry mirror lacks an optional package that another platform
  # would need. This installs the versions of package-lock.json, and leaves that file as it is.
  # By itself npm waits five minutes for an answer, and a minute between its tries, without a word.
  sh scripts/with-node.sh npm install --no-save --no-audit --no-fund --loglevel=error \
    --fetch-timeout=60000 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000
fi
sh scripts/with-node.sh node scripts/build.mjs
