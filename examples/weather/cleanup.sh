#!/bin/sh
#PBS -N weather-cleanup
# Something failed: leave no half result behind.
rm -rf "$RESULTS"
echo "removed $RESULTS"
