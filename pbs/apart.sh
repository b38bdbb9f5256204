# What keeps the wrapper and the user's script apart. The wrapper's names are STAGE_*, and each is set before it is read:
# whatever came with "#PBS -V" or "-v", or from PBS, does not reach it. Its commands are the system's, whatever PATH
# says. The first line lets bash import no function of the user's, and hand all of them on (-p).
# The script gets the environment as it came, by script.sh.
STAGE_PATH=$PATH
PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
# PBS sets it to the shell on top of the job, whatever the user's variables say (OpenPBS 23.06, start_exec.c).
STAGE_TOP=${SHELL:-/bin/sh}
# What is kept here is for its owner; what the script makes has the modes that "#PBS -W umask" or the login shell chose.
STAGE_UMASK=$(umask)
umask 077
STAGE_JOB=${PBS_JOBID:-none}
# PBS_ARRAY_INDEX may have come with "-V", out of another job.
case $STAGE_JOB in
  *\[*[0-9]\]*) STAGE_INDEX=${STAGE_JOB#*\[} STAGE_INDEX=${STAGE_INDEX%%\]*} ;;
  *) STAGE_INDEX= ;;
esac
