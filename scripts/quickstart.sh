#!/bin/sh
# Installs, builds, and runs examples/weather for real on this machine: a stand-in PBS and a stand-in Globus,
# real jobs, real files. Needs npm, which fetches Node.js where the one on PATH is too old. Leaves nothing running.
#   sh scripts/quickstart.sh           the first time it runs; later it says that it is done
#   sh scripts/quickstart.sh --again   runs it again
set -eu
cd "$(dirname "$0")/.."
again=
case "${1:-}" in
  '') ;;
  --again) again=--again ;;
  *) echo "usage: sh scripts/quickstart.sh [--again]" >&2; exit 2 ;;
esac
sh scripts/install.sh

# In a clone that a group shares others could change the state, and stage refuses that: it goes below the home directory.
STAGE_HOME=$PWD/.quickstart
above=$PWD
while [ "$above" != / ]; do
  if [ -n "$(find "$above" -maxdepth 0 -perm /022 ! -perm -1000 2>/dev/null)" ]; then
    STAGE_HOME=${XDG_STATE_HOME:-$HOME/.local/state}/stage-quickstart-$(printf %s "$PWD" | cksum | cut -d ' ' -f 1)
  fi
  above=$(dirname "$above")
done
STAGE_PROFILE=local
STAGE_CONFIG=
export STAGE_HOME STAGE_PROFILE STAGE_CONFIG
PATH=$PWD/bin:$PWD/.runtime/bin:$PATH
export PATH
trap 'stage local down >/dev/null 2>&1' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo
echo "== The stand-ins: a PBS and a Globus on this machine"
stage local up
archive=$STAGE_HOME/stand-ins/collections/archive
cluster=$STAGE_HOME/stand-ins/collections/cluster
echo
echo "== The archive: NOAA's Seattle weather, a few thousand small files"
node examples/weather/make-archive.mjs node_modules/vega-datasets/data "$archive/weather"
echo "$(find "$archive/weather" -type f | wc -l) files in $archive/weather"
stage local rate 250k >/dev/null # slow enough to watch

echo
echo "== stage run examples/weather/workflow.yaml --param cluster=$cluster --wait $again"
code=0
stage run examples/weather/workflow.yaml --param "cluster=$cluster" --wait $again || code=$?
if [ "$code" -eq 1 ]; then
  echo "Something in it failed. Its log:" >&2
  stage logs weather >&2 || true
fi
[ "$code" -eq 0 ] || exit "$code"

echo
echo "== What came back: $archive/weather-results/monthly.csv"
diff -r "$archive/weather" "$cluster/weather"
diff -r "$cluster/weather-results" "$archive/weather-results"
head -n 1 "$archive/weather-results/monthly.csv" | tr , "\t"
tail -n 12 "$archive/weather-results/monthly.csv" | tr , "\t"
echo "(the last 12 of $(($(wc -l < "$archive/weather-results/monthly.csv") - 1)) months; what was staged in and out is byte-identical to its source)"
echo
echo "Look around: STAGE_HOME=$STAGE_HOME STAGE_PROFILE=local bin/stage status weather"
echo "Its log:     STAGE_HOME=$STAGE_HOME STAGE_PROFILE=local bin/stage logs weather"
echo "Run again:    sh scripts/quickstart.sh --again"
