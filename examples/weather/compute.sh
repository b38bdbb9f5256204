#!/bin/sh
#PBS -N weather
# Monthly statistics from one file a day. Every day of the table must have its file: a stage-in that
# brought only a part would show here.
# Mean daily high and low, extremes, rain, wet days and mean wind, a line for each month.
set -eu
mkdir -p "$RESULTS"
days=$(find "$DATA/daily" -name '*.csv' | wc -l)
expected=$(($(wc -l < "$DATA/seattle-weather.csv") - 1))
echo "computing on $(hostname) as job $PBS_JOBID: $days daily files"
if [ "$days" -ne "$expected" ]; then
  echo "there are $days daily files for the $expected days of the table" >&2
  exit 3
fi
find "$DATA/daily" -name '*.csv' -exec cat {} + | grep -v '^date' | sort | awk -F, '
  { month = substr($1, 1, 7); days[month]++; rain[month] += $2; high[month] += $3; low[month] += $4; wind[month] += $5
    if ($2 > 0) wet[month]++
    if (!(month in top) || $3 > top[month]) top[month] = $3
    if (!(month in bottom) || $4 < bottom[month]) bottom[month] = $4 }
  END { for (month in days) printf "%s,%d,%.1f,%.1f,%.1f,%.1f,%.1f,%d,%.1f\n", month, days[month],
      high[month] / days[month], low[month] / days[month], top[month], bottom[month], rain[month], wet[month], wind[month] / days[month] }' |
  sort > "$RESULTS/.monthly"
{
  echo 'month,days,high_C,low_C,max_C,min_C,rain_mm,wet,wind_ms'
  cat "$RESULTS/.monthly"
} > "$RESULTS/monthly.csv"
rm "$RESULTS/.monthly"
echo "wrote $(($(wc -l < "$RESULTS/monthly.csv") - 1)) months"
