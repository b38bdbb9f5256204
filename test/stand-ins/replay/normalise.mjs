/** What may differ between two runs of the same commands: times, durations, sizes, process numbers. */

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';

const RULES = [
  [/"timestamp":\t\d+/g, '"timestamp":\tTIME'],
  [new RegExp(`${DAY} ${MONTH} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d (?:[A-Z]{3} )?202[67]`, 'g'), 'DATE'],
  [new RegExp(`${DAY} ${MONTH} [ \\d]\\d at \\d\\d:\\d\\d`, 'g'), 'DATE'],
  [/\b202611\d{6,8}(?:\.\d\d)?\b/g, 'DATE'],
  [/\b\d\d\/\d\d\/2026 \d\d:\d\d:\d\d/g, 'DATE'],
  [/\b179\d{7}(?:\.\d+)?\b/g, 'TIME'],
  [/("resources_used":\t\{\n)([^}]*)/g, (_, head, body) => head + body.replace(/:\t(?:"[^"]*"|\d+)/g, ':\tUSED')],
  [/(resources_used\.(?:cpupercent|cput|mem|vmem|walltime)(?: = |=))[^\n|;]*/g, '$1USED'],
  [/("queue_rank":\t)\d{16}/g, '$1RANK'],
  [/(session_id"?(?: = |=|:\t))\d+/g, '$1PID'],
  [/(eligible_time"?(?: = |=|:\t)"?)[\d:]+/g, '$1DURATION'],
  [/ (?: {7}0|\d\d:\d\d:\d\d) ([RE]) /g, ' 00:00:00 $1 '],
  [/ \d\d:\d\d:\d\d ([A-Z]) /g, ' 00:00:00 $1 '],
  [/walltime \d+ exceeded/g, 'walltime N exceeded'],
  [/^\d\d:\d\d:\d\d\.\d+$/gm, 'TIME'],
  [/\b\d+\.\d+ s\b/g, 'SECONDS'],
  [/^\d\d:\d\d:\d\d$/gm, 'TIME'],
  [/ at \d\d:\d\d:\d\d$/gm, ' at TIME'],
  [/^total \d+$/gm, 'total N'],
  [
    new RegExp(`^([-dl][rwxst-]{9})\\.? +\\d+ +\\S+ +\\S+ +(\\d+) ${MONTH} [ \\d]\\d \\d\\d:\\d\\d `, 'gm'),
    (_, mode, size) => `${mode} ${mode.startsWith('d') ? 'SIZE' : size} `,
  ],
  [/(bash: line \d+: +)\d+ /g, '$1PID '],
  [/^.*warning: setlocale: .*\n/gm, ''],
  [/PBS_JOBCOOKIE=\w+/g, 'PBS_JOBCOOKIE=C'],
];

/** A default listing shows how long a job has run, and `qstat -a` its session and its elapsed time. */
function listings(text) {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(
          /^(\d\S* +\S+ +\S+ +\S+) +(?:\d+|--) +(\d+ +\d+ +\S+ +\S+ [A-Z]) +(?:\d\d:\d\d|--)/,
          '$1 PID $2 ELAPSED',
        )
        .replace(/^(\d\S* +\S+ +\S+) +(?:\d+|--) +([A-Z] \S+ *)$/, '$1 PERCENT $2'),
    )
    .join('\n');
}

export function normalise({stdout, stderr, rc}) {
  const clean = (text) => listings(RULES.reduce((left, [pattern, put]) => left.replace(pattern, put), text));
  return {stdout: clean(stdout), stderr: clean(stderr), rc};
}
