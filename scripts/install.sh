#!/bin/sh
# Installs what package-lock.json names, unless that is there already, and builds.
set -eu
cd "$(dirname "$0")/.."
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: install Node.js 20 or newer, which brings npm" >&2; exit 1; }
done
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || {
  echo "Node.js $(node --version) is too old: 20 or newer is needed" >&2
  exit 1
}
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  # Not "npm ci": it refuses to install at all when a registry mirror lacks an optional package that another platform
  # would need. This installs the versions of package-lock.json, and leaves that file as it is.
  npm install --no-save --no-audit --no-fund --loglevel=error
fi
node scripts/build.mjs
