#!/bin/sh
#PBS -N compute
#PBS -l walltime=00:10:00
set -e
mkdir -p "$RESULTS"
awk '{ total += $1 } END { print total }' "$INPUT/numbers.txt" > "$RESULTS/sum.txt"
