/** What a planted fault replaces, by file: `[text, other text]`, in this order. Each text must be there once. */
export const PLANTS = {
  // Jobs and transfers are asked for first and written down afterwards.
  'no-intent': {
    'src/submission/submit-task.ts': [
      ["if (!facts.create('intent', {...asked, at, by, ...intent})) return {is: 'others'};", ''],
      [
        "    return confirmed(facts, {at: clock(), task}, 'transfer-submitted');",
        "    facts.create('intent', {at: clock(), ...asked, by, ...intent});\n    return confirmed(facts, {at: clock(), task}, 'transfer-submitted');",
      ],
    ],
    'src/submission/submit-job.ts': [
      [
        "  if (!facts.create('intent', {at, tag, ...intent, deadline: at + deadlineMs, by})) return {is: 'others'};\n",
        '',
      ],
      [
        "      facts.create('confirmed', {at: clock(), job});\n",
        "      facts.create('intent', {at, tag, ...intent, deadline: at + deadlineMs, by});\n      facts.create('confirmed', {at: clock(), job});\n",
      ],
    ],
  },
  // Every job starts: the last one to claim an attempt has it.
  'no-claim': {'pbs/facts.sh': [['if ln "$STAGE_NEW"', 'if ln -f "$STAGE_NEW"']]},
  // A person's hold is recorded, and no job gets one.
  'no-hold': {
    'src/engine/perform/hold-job.ts': [['const ask = () => scheduler.hold(job);', 'const ask = async () => {};']],
  },
  // A name that users like, too, is overwritten on the way to the script.
  environment: {'pbs/script.sh': [['#@ENVIRONMENT\n    "$@"', '#@ENVIRONMENT\n    start=0 "$@"']]},
  // A cancelled transfer goes on at Globus.
  'no-cancel': {
    'src/engine/perform/perform.ts': [['const ask = () => transfers.cancel(task);', 'const ask = async () => {};']],
  },
  // A command for one run brings back what was deleted in others.
  'rebuild-all': {'src/engine/look/state.ts': [['return this.#about?.has(run) ?? true;', 'return true;']]},
};
