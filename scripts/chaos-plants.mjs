/** What a planted fault replaces, by file: `[text, other text]`, in this order. Each text must be there once. */
export const PLANTS = {
  // Jobs and transfers are asked for first and written down afterwards.
  'no-intent': {
    'src/submission/submit-transfer.ts': [
      ['if (!fact(`${key}.intent`, intent satisfies TransferIntent)) return OTHERS;', ''],
      [
        "if (fact(`${key}.confirmed`, {task})) note('transfer-submitted', {task});",
        "fact(`${key}.intent`, intent satisfies TransferIntent);\n    if (fact(`${key}.confirmed`, {task})) note('transfer-submitted', {task});",
      ],
    ],
    'src/submission/submit-job.ts': [
      ['  if (!fact(`${key}.intent`, intent)) return OTHERS;\n', ''],
      ["    case 'submitted':\n", "    case 'submitted':\n      fact(`${key}.intent`, intent);\n"],
    ],
  },
  // Whoever starts, starts: the last one to claim an attempt has it.
  'no-claim': {'pbs/job-wrapper.sh': [['if ln "$temporary"', 'if ln -f "$temporary"']]},
};
