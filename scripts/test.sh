#!/bin/sh
# Installs, builds, checks types, style and structure, and runs all tests. The last line counts them.
set -eu
cd "$(dirname "$0")/.."
sh scripts/install.sh
PATH=$PWD/.runtime/bin:$PATH
export PATH
echo "== types"
npx --no-install tsc --noEmit
echo "== lint and format"
npx --no-install biome check --error-on-warnings .
echo "== structure"
npx --no-install depcruise --config .dependency-cruiser.cjs src commands
echo "== generated documents"
node scripts/docs.mjs --check
echo "== tests"
results=$(mktemp)
trap 'rm -f "$results"' EXIT
code=0
npx --no-install vitest run --reporter=default --reporter=json --outputFile.json="$results" || code=$?
node -e '
  const {numPassedTests, numFailedTests, testResults} = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
  const broken = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  console.log(`${numPassedTests} passed, ${numFailedTests + broken} failed`);
' "$results" || { echo "0 passed, 1 failed"; exit 1; }
exit "$code"
