#!/bin/sh
#PBS -l walltime=00:05:00
rm -rf "$CLUSTER/input" "$CLUSTER/results"
echo "$PBS_JOBID" >> "$CLUSTER/cleanups" # one line for each time that this script ran
