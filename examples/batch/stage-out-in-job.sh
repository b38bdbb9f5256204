#!/bin/sh
#PBS -N compute-and-send
#PBS -l walltime=02:00:00
# A job that sends its results itself, on a site whose compute nodes reach PBS and Globus.
# It needs stage on its PATH, and FROM and TO (collection:path) in its environment.
set -e
mkdir -p "$RESULTS"
date -u > "$RESULTS/finished"

task=$(stage transfer start "$FROM" "$TO" --sync checksum)
# The time that is left is for waiting. Exit code 4: the transfer goes on without us, which is no failure of the job.
stage transfer wait "$task" --timeout 3600 || [ $? -eq 4 ]
echo "$task" > "$RESULTS/task"
