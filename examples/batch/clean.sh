#!/bin/sh
#PBS -N clean
#PBS -l walltime=00:05:00
rm -rf "$RESULTS"
mkdir -p "$RESULTS"
echo "compute failed" > "$RESULTS/FAILED"
