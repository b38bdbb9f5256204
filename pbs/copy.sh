#!/bin/sh
# A copy job: moves the items of one transfer by rsync, on one file system or over ssh (via: copy).
#
# Never runs:      nothing is claimed; the next look sees that PBS lost it, takes its claim, and submits another.
# Stops half way:  its start marker stays without an end marker. Another job goes on: what has arrived whole is not moved
#                  again. Names at the destination hold whole files alone; a part lies in .stage-partial beside them.
# Runs twice, one after the other (qrerun, node failure): the same job id holds the claim and goes on; where it has ended,
#                  it does nothing.
# Runs twice at once (two jobs for one claim): only one can link the start marker. The other says so, exits 98, and
#                  copies nothing. One that was given up is claimed by the look that gives it up.
umask 077
#@VALUES
# STAGE_FACTS    directory of the transfer's facts      STAGE_CLAIM    prefix of this job's markers
# STAGE_SOURCE   STAGE_TARGET  host, or empty           STAGE_ITEMS    file: for each item "d" or "f", from, to; a line each
# STAGE_OPTIONS  options of rsync, a word each          STAGE_COMPARE  1: compare by checksum when all is there
# STAGE_RESUME   1: an earlier job may have moved some  STAGE_SSH      what rsync calls for another host
# STAGE_UMASK    that of the person                     STAGE_PAUSES   seconds before a host is asked again
#@SETUP
PATH=/usr/local/bin:/usr/bin:/bin:$PATH
LC_ALL=C
export PATH LC_ALL
STAGE_JOB=${PBS_JOBID:-none}
STAGE_HOST=$(hostname 2>/dev/null || uname -n)

#@facts.sh

STAGE_PROGRESS="$STAGE_FACTS/$STAGE_CLAIM.progress"
STAGE_SAID="$STAGE_FACTS/$STAGE_CLAIM.said"
STAGE_BYTES=0 STAGE_FILES=0 STAGE_FAULTS=0 STAGE_CHILD='' STAGE_ENDING='' STAGE_MOVING='' STAGE_STATUS=0

if ! fact "$STAGE_CLAIM.start" "{\"job\":\"$STAGE_JOB\",\"host\":\"$STAGE_HOST\",\"at\":\"$(now)\"}" &&
  [ "$(field "$STAGE_FACTS/$STAGE_CLAIM.start.json" job)" != "$STAGE_JOB" ]; then
  say "another job makes this copy, or it is not wanted any more; nothing was copied"
  exit 98
fi
[ ! -f "$STAGE_FACTS/$STAGE_CLAIM.end.json" ] || exit 0
# The same job, started again by PBS.
[ ! -f "$STAGE_FACTS/$STAGE_CLAIM.plan.json" ] || STAGE_RESUME=1
if [ -f "$STAGE_FACTS/cancel.json" ] || [ -f "$STAGE_FACTS/$STAGE_CLAIM.lost.json" ]; then
  say "the transfer was cancelled, or another job goes on with it; nothing was copied"
  exit 98
fi

# reason: the last words of rsync, as they may stand in JSON.
reason() { tail -n 3 "$STAGE_SAID" 2>/dev/null | tr -c ' !#-[]-~' ' ' | tr -s ' ' | cut -c 1-500; }

# finish CODE: put the end on record. CODE is empty when all has arrived.
finish() {
  STAGE_ENDING=1
  fact "$STAGE_CLAIM.end" "{\"job\":\"$STAGE_JOB\",\"code\":\"$1\",\"why\":\"$2\",\"bytes\":$STAGE_BYTES,\"files\":$STAGE_FILES,\"faults\":$STAGE_FAULTS,\"at\":\"$(now)\"}"
  rm -f "$STAGE_PROGRESS" "$STAGE_SAID"
  [ -z "$1" ]
  exit
}

# PBS ends a job by TERM, and by KILL a moment later: rsync keeps the part that it has of a file.
terminated() {
  [ -z "$STAGE_ENDING" ] || return 0
  [ -z "$STAGE_CHILD" ] || { kill "$STAGE_CHILD" 2>/dev/null; wait "$STAGE_CHILD" 2>/dev/null; }
  [ -z "$STAGE_MOVING" ] || tally
  finish TERMINATED "it was told to end"
}
trap terminated TERM INT HUP

# copy ARGUMENTS…: run rsync with what all calls have in common. Never through a shell: -s keeps names whole on the other host.
copy() {
  (
    umask "$STAGE_UMASK"
    exec rsync -s --no-h $STAGE_OPTIONS ${STAGE_SSH:+--timeout=600} "$@"
  ) 2>"$STAGE_SAID" &
  STAGE_CHILD=$!
  wait "$STAGE_CHILD"
  STAGE_STATUS=$?
  STAGE_CHILD=
  return "$STAGE_STATUS"
}

# name HOST PATH: as rsync takes it. A path below the home directory starts with /~/.
name() {
  STAGE_NAME=$2
  case $2 in
    /~/*) if [ -z "$1" ]; then STAGE_NAME=$HOME/${2#/~/}; else STAGE_NAME=./${2#/~/}; fi ;;
  esac
  [ -z "$1" ] || STAGE_NAME=$1:$STAGE_NAME
}

# each FUNCTION: call it for every item, with STAGE_FROM and STAGE_TO as rsync takes them.
each() {
  while IFS= read -r STAGE_KIND && IFS= read -r STAGE_FROM && IFS= read -r STAGE_TO; do
    STAGE_END=
    [ "$STAGE_KIND" = f ] || STAGE_END=/
    name "$STAGE_SOURCE" "${STAGE_FROM%/}$STAGE_END"
    STAGE_FROM=$STAGE_NAME
    name "$STAGE_TARGET" "${STAGE_TO%/}$STAGE_END"
    STAGE_TO=$STAGE_NAME
    again "$1" </dev/null
  done <"$STAGE_ITEMS"
}

# again FUNCTION: a host that does not answer is asked again, some times; what rsync or ssh refuses is not.
again() {
  for STAGE_PAUSE in $STAGE_PAUSES end; do
    "$1" && return
    case $STAGE_STATUS in 5 | 10 | 12 | 30 | 35 | 255) ;; *) STAGE_PAUSE=end ;; esac
    ! grep -qsE 'Permission denied|Host key verification failed' "$STAGE_SAID" || STAGE_PAUSE=end
    [ "$STAGE_PAUSE" != end ] || finish "RSYNC_$STAGE_STATUS" "$(reason)"
    STAGE_FAULTS=$((STAGE_FAULTS + 1))
    carefully
    sleep "$STAGE_PAUSE" &
    STAGE_CHILD=$!
    wait "$STAGE_CHILD"
    STAGE_CHILD=
  done
}

# carefully: some of it may have been moved before, and checksums tell what.
carefully() {
  case " $STAGE_OPTIONS " in
    *' -c '* | *' --ignore-existing '* | *' --size-only '* | *' -u '*) ;;
    *) STAGE_OPTIONS="$STAGE_OPTIONS -c" ;;
  esac
}

# What rsync would move, before anything is made at the destination. Where there is no directory yet, all of it.
count_up() {
  if [ -z "$STAGE_TARGET" ]; then
    STAGE_PARENT=${STAGE_TO%/}
    [ -d "${STAGE_PARENT%/*}/" ] || STAGE_TO="$STAGE_FACTS/none$STAGE_END"
    set --
  else
    set -- --mkpath
  fi
  copy "$@" -n --stats "$STAGE_FROM" "$STAGE_TO" >"$STAGE_PROGRESS" || return
  STAGE_ALL_BYTES=$((STAGE_ALL_BYTES + $(sed -n 's/^Total transferred file size: \([0-9]*\).*/\1/p' "$STAGE_PROGRESS")))
  STAGE_ALL_FILES=$((STAGE_ALL_FILES + $(sed -n 's/^Number of regular files transferred: \([0-9]*\).*/\1/p' "$STAGE_PROGRESS")))
}

# tally: add what the last call of rsync has said that it moved.
tally() {
  STAGE_LAST=$(tr '\r' '\n' <"$STAGE_PROGRESS" | sed -n 's/^ *\([0-9][0-9]*\) *[0-9]*%.*/\1/p' | tail -n 1)
  STAGE_NUMBER=$(tr '\r' '\n' <"$STAGE_PROGRESS" | sed -n 's/.*(xfr#\([0-9]*\),.*/\1/p' | tail -n 1)
  STAGE_BYTES=$((STAGE_BYTES + ${STAGE_LAST:-0}))
  STAGE_FILES=$((STAGE_FILES + ${STAGE_NUMBER:-0}))
}

move() {
  if [ -z "$STAGE_TARGET" ]; then
    STAGE_PARENT=${STAGE_TO%/}
    STAGE_PARENT=${STAGE_PARENT%/*}
    (umask "$STAGE_UMASK" && mkdir -p "${STAGE_PARENT:-/}") 2>"$STAGE_SAID" || { STAGE_STATUS=11 && return 1; }
    set --
  else
    set -- --mkpath
  fi
  printf '@ %s %s\n' "$STAGE_BYTES" "$STAGE_FILES" >"$STAGE_PROGRESS"
  STAGE_MOVING=1
  copy "$@" --partial-dir=.stage-partial --info=progress2 "$STAGE_FROM" "$STAGE_TO" >>"$STAGE_PROGRESS"
  STAGE_MOVING=
  tally
  return "$STAGE_STATUS"
}

# The whole of both sides is read again.
compare() {
  copy -n -c --out-format=%i%n "$STAGE_FROM" "$STAGE_TO" >"$STAGE_PROGRESS" || return
  STAGE_DIFFERS=$(sed -n '/^[<>c][fLS]/{s/^[^ ]\{11\}//;p;q;}' "$STAGE_PROGRESS")
  [ -z "$STAGE_DIFFERS" ] || finish CHECKSUM "after the copy the two sides differ at: $(printf '%s' "$STAGE_DIFFERS" | tr -c ' !#-[]-~' '?' | cut -c 1-300)"
}

command -v rsync >/dev/null 2>&1 || finish NO_RSYNC "there is no rsync on $STAGE_HOST"
[ -z "$STAGE_SSH" ] || export RSYNC_RSH="$STAGE_SSH"
[ "$STAGE_RESUME" != 1 ] || carefully
STAGE_ALL_BYTES=0 STAGE_ALL_FILES=0
each count_up
fact "$STAGE_CLAIM.plan" "{\"bytes\":$STAGE_ALL_BYTES,\"files\":$STAGE_ALL_FILES,\"at\":\"$(now)\"}"
each move
[ "$STAGE_COMPARE" != 1 ] || each compare
finish '' ''
