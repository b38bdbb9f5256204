/** What a planted fault replaces, by file: `[text, other text]`, in this order. Each text must be there once. */
export const PLANTS = {
  // Jobs and transfers are asked for first and written down afterwards.
  'no-intent': {
    'src/submission/submit-task.ts': [
      ["if (!papers.create('intent', {at, ...asked, by, ...intent})) return {is: 'others'};", ''],
      [
        "if (papers.create('confirmed', {at: clock(), task})) papers.note('transfer-submitted', {task});",
        "papers.create('intent', {at: clock(), ...asked, by, ...intent});\n    if (papers.create('confirmed', {at: clock(), task})) papers.note('transfer-submitted', {task});",
      ],
    ],
    'src/submission/submit-job.ts': [
      [
        "  if (!papers.create('intent', {at, tag, ...intent, deadline: at + deadlineMs, by})) return {is: 'others'};\n",
        '',
      ],
      [
        "      papers.create('confirmed', {at: clock(), job});\n",
        "      papers.create('intent', {at, tag, ...intent, deadline: at + deadlineMs, by});\n      papers.create('confirmed', {at: clock(), job});\n",
      ],
    ],
  },
  // Every job starts: the last one to claim an attempt has it.
  'no-claim': {'pbs/facts.sh': [['if ln "$temporary"', 'if ln -f "$temporary"']]},
};
