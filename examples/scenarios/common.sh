# Read by the scenarios beside it: a world of their own, shown commands, and an end that leaves nothing running.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
[ -f "$root/dist/start.cjs" ] || { echo "build it first: npm run build" >&2; exit 2; }
stage() { "${STAGE_SCENARIO_CLI:-$root/bin/stage}" "$@"; }
unset STAGE_CONFIG

# Print a command as a reader would type it, and run it. It must succeed.
show() {
  printf '\n$ %s\n' "$1"
  eval "$1"
}
# The same for a command that must end with another exit code.
exits() {
  printf '\n$ %s\n' "$2"
  code=0
  eval "$2" || code=$?
  [ "$code" -eq "$1" ] || { echo "exit code $code instead of $1" >&2; exit 1; }
}
# It must hold: two values, and what they are.
same() {
  [ "$1" = "$2" ] || { echo "$3: $1 instead of $2" >&2; exit 1; }
}
# The exit code of its arguments must become 0 within a minute, or some on a slow PBS; nothing but the disk is looked at.
await() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt $((300 * ${STAGE_SCENARIO_PATIENCE:-1})) ] || { echo "waited a minute for: $*" >&2; exit 1; }
    sleep 0.2
  done
}

away=$(mktemp -d)
path=$PATH
trap 'stage local down >/dev/null 2>&1 || true; rm -rf "$away"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

STAGE_HOME=$away/state
export STAGE_HOME
show 'export STAGE_PROFILE=local'
show 'stage local up'
show 'eval "$(stage local env)"'
# For npm run test:pbs: the same commands on a PBS that is not the stand-in.
[ -z "${STAGE_SCENARIO_CONFIG:-}" ] || . ./elsewhere.sh
show 'archive=$STAGE_HOME/stand-ins/collections/archive'
show 'cluster=$STAGE_HOME/stand-ins/collections/cluster'
show 'mkdir -p $archive/input'
show 'for n in 1 2 3 4 5 6; do head -c 30000 /dev/urandom > $archive/input/$n.dat; done'
