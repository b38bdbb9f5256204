# Read by common.sh where STAGE_SCENARIO_CONFIG names a configuration file: a profile "site", beside the stand-in Globus.
PATH=$path
STAGE_CONFIG=$STAGE_SCENARIO_CONFIG
STAGE_PROFILE=site
export PATH STAGE_CONFIG STAGE_PROFILE

# Jobs of this scenario alone, the last one first: the user may have others.
qselect() {
  command qselect "$@" | sort -rn | while read -r id; do
    ! qstat -f -w "$id" 2>/dev/null | grep -qF "$away" || echo "$id"
  done
}
# One id a command, and one that has ended meanwhile is no mistake: OpenPBS 23.06 ends with a list whose last id it does not know.
xargs() {
  while read -r id; do "$@" "$id" </dev/null || true; done
}
# "stage local wipe" knows the stand-in alone. Deleted with their history, jobs vanish without a trace anywhere.
stage() {
  if [ "$*" = 'local wipe' ]; then
    while [ -n "$(qselect -u "$(id -un)")" ]; do
      qselect -u "$(id -un)" | while read -r id; do qdel -x -W force "$id" || true; done
      sleep 1
    done
  else
    "$root/bin/stage" "$@"
  fi
}
# Jobs that still run would write to what is removed.
trap 'stage local wipe >/dev/null 2>&1 || true; "$root/bin/stage" local down >/dev/null 2>&1 || true; rm -rf "$away"' EXIT
