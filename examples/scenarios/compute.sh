#!/bin/sh
#PBS -l walltime=00:05:00
set -e
echo "$PBS_JOBID" >> "$CLUSTER/executions" # one line for each time that this script ran
mkdir -p "$CLUSTER/results"
cd "$CLUSTER/input"
cksum -- *.dat > "$CLUSTER/results/checksums.txt"
