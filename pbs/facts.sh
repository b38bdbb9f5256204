# What wrappers share: facts below $STAGE_FACTS, as src/disk/facts.ts makes and reads them.

say() { echo "stage: $*" >&2; }

# fact NAME JSON: create a fact, or fail if it exists. That of a run says whose it is (STAGE_OWNER): copied into another run
# it is not believed. ln fails on an existing name on network file systems too.
# When an answer of the file server was lost, ln fails although it linked: then the content tells.
# It is read back, since a shell does not look at what close(2) says, which is where NFS tells of a full disk.
fact() {
  [ -z "$STAGE_OWNER" ] || set -- "$1" "${2%?},\"run\":\"$STAGE_OWNER\"}"
  STAGE_NEW="$STAGE_FACTS/.new-$STAGE_JOB-$$-$1"
  STAGE_WRITTEN=
  { (umask 077 && printf '%s\n' "$2" > "$STAGE_NEW") && read -r STAGE_WRITTEN < "$STAGE_NEW"; } 2>/dev/null
  if [ "$STAGE_WRITTEN" != "$2" ]; then
    rm -f "$STAGE_NEW"
    return 1
  fi
  if ln "$STAGE_NEW" "$STAGE_FACTS/$1.json" 2>/dev/null || cmp -s "$STAGE_NEW" "$STAGE_FACTS/$1.json"; then
    rm -f "$STAGE_NEW"
    return 0
  fi
  rm -f "$STAGE_NEW"
  return 1
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
field() { sed -n 's/.*"'"$2"'":"\{0,1\}\([^",}]*\).*/\1/p' "$1" 2>/dev/null | head -n 1; }
