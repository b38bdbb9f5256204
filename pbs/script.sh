# What wrappers share: the user's script in a process of its own, and the wait for its end.

# take_copy: the script gets a copy of its own, as PBS gives one to each job: it may call itself, change it, or remove it.
take_copy() {
  STAGE_COPY="${STAGE_SCRIPT%/*}/$STAGE_JOB-$$.SC"
  { cp "$STAGE_SCRIPT" "$STAGE_COPY" && chmod 700 "$STAGE_COPY"; } 2>/dev/null && return
  rm -f "$STAGE_COPY"
  STAGE_COPY=$STAGE_SCRIPT
}

# digest FILE: set STAGE_DIGEST to its SHA-256 in hex, by what the node has for it.
digest() {
  for STAGE_TOOL in sha256sum 'openssl dgst -sha256' 'shasum -a 256'; do
    STAGE_DIGEST=$({ $STAGE_TOOL < "$1" | sed -n 's/.*\([0-9a-f]\{64\}\).*/\1/p'; } 2>/dev/null)
    [ -z "$STAGE_DIGEST" ] || return 0
  done
  return 1
}

# is_recorded: the copy that is about to be run is what was recorded when it was submitted (STAGE_SHA256). From then on only
# a user who can change its directory can change it.
is_recorded() {
  [ -n "$STAGE_SHA256" ] || return 0
  digest "$STAGE_COPY" || {
    say "this node has no sha256sum, openssl or shasum: the script was not compared with what was recorded"
    return 0
  }
  [ "$STAGE_DIGEST" = "$STAGE_SHA256" ]
}

drop_copy() { [ "$STAGE_COPY" = "$STAGE_SCRIPT" ] || rm -f "$STAGE_COPY"; }

# run_script: become the user's script. For a subshell, whose standard streams are the script's already.
# It is read by its #! line; without one, as PBS has it, by the shell on top of the job, which reads what the kernel
# does not take for a program, or hands it to sh. The variables of the workflow are arguments of env: no shell takes
# every value for every name, such as for UID.
run_script() {
  if [ -z "$STAGE_SHELL" ]; then
    case ${STAGE_TOP##*/} in
      bash | sh | dash | ash | ksh | ksh93 | mksh) STAGE_SHELL=$STAGE_TOP ;;
      csh | tcsh)
        read -r STAGE_LINE < "$STAGE_COPY"
        case $STAGE_LINE in '#'*) STAGE_SHELL=$STAGE_TOP ;; *) STAGE_SHELL=/bin/sh ;; esac
        ;;
      *) STAGE_SHELL=/bin/sh ;;
    esac
  fi
  set -- "$STAGE_SHELL" ${STAGE_SHELL_ARG:+"$STAGE_SHELL_ARG"} "$STAGE_COPY"
  # A name with "=" would be one more variable for env.
  case $STAGE_SHELL in *=*) set -- /usr/bin/nice -n 0 "$@" ;; esac
  set -- "_=$STAGE_COPY" "$@"
  if [ "$STAGE_BASH" = 1 ]; then
    # What bash changes in an environment, whatever it is told.
    SHLVL=$((SHLVL - 1))
    [ "$SHLVL" -gt 0 ] || unset SHLVL
    case $(export -p) in
      *' -rx SHELLOPTS='* | *' -rx BASHOPTS='*)
        for STAGE_NAME in SHELLOPTS BASHOPTS; do
          export -n "$STAGE_NAME"
          STAGE_WAS=$(tr '\0' '\n' < "/proc/$$/environ" | sed -n "s/^$STAGE_NAME=//p" | head -n 1) 2>/dev/null
          [ -z "$STAGE_WAS" ] || set -- "$STAGE_NAME=$STAGE_WAS" "$@"
        done
        ;;
    esac
  fi
  umask "$STAGE_UMASK"
  PATH=$STAGE_PATH
  unset STAGE_AFTER STAGE_ARRAY STAGE_BASH STAGE_CAUGHT STAGE_CHILD STAGE_CLAIM STAGE_CODE STAGE_COPY STAGE_DELIVERED \
    STAGE_DELIVERS STAGE_DIGEST STAGE_EARLIER STAGE_END STAGE_ENDED STAGE_FACTS STAGE_HOST STAGE_INDEX STAGE_INTERRUPTED \
    STAGE_JOB STAGE_LINE STAGE_MARK STAGE_MARKER STAGE_MARKERS STAGE_NAME STAGE_NEED STAGE_NEEDS STAGE_NEW \
    STAGE_NOTED STAGE_NUMBER STAGE_OWNER STAGE_PATH STAGE_PAUSE STAGE_PERMIT STAGE_PIPES STAGE_PLACE STAGE_SCRIPT \
    STAGE_SHELL STAGE_SHA256 STAGE_SHELL_ARG STAGE_START STAGE_STATUS STAGE_STDERR STAGE_STDOUT STAGE_STREAMS STAGE_TERMINATED \
    STAGE_TEST STAGE_TOLD STAGE_TOOL STAGE_TOP STAGE_TRIES STAGE_UMASK STAGE_WAS STAGE_WHOLE STAGE_WORD STAGE_WRITTEN
  exec /usr/bin/env \
#@ENVIRONMENT
    "$@"
}

# await_script CHILD: wait for a subshell to end. wait returns early when a trapped signal arrives; only the end of the
# child ends the loop. Sets STAGE_TOLD. A SIGTERM is on record at once, where the wrapper says how: note_term.
await_script() {
  STAGE_NOTED=false
  while :; do
    STAGE_CAUGHT=
    wait "$1"
    STAGE_TOLD=$?
    if [ "$STAGE_TERMINATED$STAGE_NOTED" = truefalse ]; then
      STAGE_NOTED=true
      note_term
    fi
    [ -z "$STAGE_CAUGHT" ] || continue
    kill -0 "$1" 2>/dev/null || break
    sleep 1
  done
}
