# What wrappers share: facts below $STAGE_FACTS, as src/disk/facts.ts makes and reads them.

say() { echo "stage: $*" >&2; }

# fact NAME JSON: create a fact, or fail if it exists. ln fails on an existing name on network file systems too.
# When an answer of the file server was lost, ln fails although it linked: then the content tells.
# It is read back, since a shell does not look at what close(2) says, which is where NFS tells of a full disk.
fact() {
  temporary="$STAGE_FACTS/.new-$job-$$-$1"
  written=
  { (umask 077 && printf '%s\n' "$2" > "$temporary") && read -r written < "$temporary"; } 2>/dev/null
  if [ "$written" != "$2" ]; then
    rm -f "$temporary"
    return 1
  fi
  if ln "$temporary" "$STAGE_FACTS/$1.json" 2>/dev/null || cmp -s "$temporary" "$STAGE_FACTS/$1.json"; then
    rm -f "$temporary"
    return 0
  fi
  rm -f "$temporary"
  return 1
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
field() { sed -n 's/.*"'"$2"'":"\{0,1\}\([^",}]*\).*/\1/p' "$1" 2>/dev/null | head -n 1; }
