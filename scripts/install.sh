#!/bin/sh
# Installs what package-lock.json names, unless that is there already, and builds.
set -eu
cd "$(dirname "$0")/.."
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: install Node.js 20, which brings npm" >&2; exit 1; }
done
# What the bundler asks for. What it builds runs on 20.11 already (src/stage.js).
node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  const tooOld = major === 20 ? minor < 19 : major === 22 ? minor < 12 : major < 22;
  process.exit(tooOld ? 1 : 0);
' || {
  echo "Node.js $(node --version) ($(command -v node)) is too old to build stage: 20.19, 22.12 or newer is needed" >&2
  exit 1
}
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  # Not "npm ci": it refuses to install at all when a registry mirror lacks an optional package that another platform
  # would need. This installs the versions of package-lock.json, and leaves that file as it is.
  npm install --no-save --no-audit --no-fund --loglevel=error
fi
node scripts/build.mjs
