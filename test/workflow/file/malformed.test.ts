// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax under test
import {expect, test} from 'vitest';
import {invalidOf, load} from '../support.ts';

/** What stands in the file, and the lines a user gets, without the file's name. */
type Case = readonly [name: string, text: string, details: readonly string[]];

const JOB = 'job: {script: a.sh}';
const oneJob = (job: string) => `name: a\nsteps:\n  a:\n    job: ${job}\n`;
const oneTransfer = (transfer: string) => `name: a\nsteps:\n  a:\n    transfer: ${transfer}\n`;
const MANY_ALIASES = `x: &x [${'1,'.repeat(9)}1]\ny: [${Array(101).fill('*x').join(',')}]\n`;

const yaml: Case[] = [
  ['an empty file', '', ['1:1: the file is empty; needs a map with name and steps']],
  ['only a comment', '# soon\n', ['1:1: the file is empty; needs a map with name and steps']],
  ['a list', '\n- name: a\n', ['2:1: the file holds a list; needs a map with name and steps']],
  ['a text', 'hello', ['1:1: the file holds no map; needs a map with name and steps']],
  ['a tab', 'name: a\nsteps:\n\ta: 1\n', ['3:1: a tab indents this line; needs spaces']],
  ['two documents', 'name: a\n---\nname: b\n', ['2:1: a second YAML document starts here; a workflow file holds one']],
  ['an open quote', 'name: "a\n', ['2:1: a quote is missing: the text that begins on line 1 is not closed']],
  [
    'two slips, each told once',
    'name: a: b\nsteps: c: d\n',
    [
      '1:7: is not valid YAML: nested mappings are not allowed in compact mappings',
      '2:8: is not valid YAML: nested mappings are not allowed in compact mappings',
    ],
  ],
  [
    'a placeholder without quotes inside braces',
    'name: a\nsteps: {a: {job: {script: ${{ params.x }} }}}\n',
    [
      '2:28: is not valid YAML: unexpected flow-map-start at node end; text with ${{ }} inside { } or [ ] must be in quotes',
    ],
  ],
  ['a placeholder as a key', '{{x}}: 1\n', ['1:1: a list or map cannot be a key; needs text (put ${{ }} in quotes)']],
  ['a tag', 'name: !secret a\n', ['1:7: the tag !secret is not known; write plain YAML, without tags']],
  [
    'an alias without anchor',
    'name: *a\n',
    ['1:7: the alias *a has no anchor &a before it; text that starts with "*" must be in quotes'],
  ],
  ['too many aliases', MANY_ALIASES, ['1:1: its aliases expand to too much; at most 100 are followed']],
  [
    'too many open brackets',
    'name: [\n  [a, {b: '.repeat(100),
    ['35:3: is nested too deeply; a workflow needs six levels'],
  ],
  ['too many levels', `- ${'? '.repeat(200)}a`, ['1:201: is indented too far; a workflow needs six levels']],
  [
    'a key that stands twice',
    `name: a\nsteps:\n  a: {${JOB}}\nname: b\n`,
    ['4:1: name: appears twice; first on line 1'],
  ],
  [
    'a step that stands twice, and another mistake',
    `name: a\nsteps:\n  a: {${JOB}}\n  a: {job: {scrip: b.sh}}\n`,
    [
      '4:3: steps.a: appears twice; first on line 3',
      '4:7: steps.a.job: script is missing; needs the path of a batch script',
      '4:13: steps.a.job.scrip: unknown key; known: script, resources, queue, account, project, name, env, array and on_interrupted; did you mean "script"?',
    ],
  ],
  [
    'a key that JavaScript would lose',
    `name: a\nsteps:\n  a: {job: {script: a.sh, env: {__proto__: x}}}\n`,
    ['3:33: steps.a.job.env.__proto__: cannot be a name; choose another'],
  ],
];

const shape: Case[] = [
  [
    'nothing that is needed',
    'collections: {}\n',
    [
      '1:1: name is missing; needs a run name: 1 to 63 letters, digits, "_" and "-", first a letter or digit',
      '1:1: steps is missing; needs a map of steps',
    ],
  ],
  ['no steps', 'name: a\nsteps: {}\n', ['2:8: steps: is an empty map; needs at least one step']],
  ['steps without a value', 'name: a\nsteps:\n', ['2:7: steps: is empty; needs a map of steps']],
  ['steps as a list', 'name: a\nsteps:\n  - a\n', ['3:3: steps: is a list; needs a map of steps']],
  [
    'a run name with a slash',
    `name: a/b\nsteps: {a: {${JOB}}}\n`,
    [
      '1:7: name: "a/b" cannot be used; needs a run name: 1 to 63 letters, digits, "_" and "-", first a letter or digit',
    ],
  ],
  [
    'a number as run name',
    `name: 2020\nsteps: {a: {${JOB}}}\n`,
    [
      '1:7: name: is a number (it has no quotes); needs a run name: 1 to 63 letters, digits, "_" and "-", first a letter or digit',
    ],
  ],
  [
    'a step name with a dot, and a mistake inside',
    'name: a\nsteps:\n  a.b: {job: {script: 7}}\n',
    [
      '3:3: steps."a.b": "a.b" cannot be used; needs a step name: 1 to 63 letters, digits, "_" and "-", first a letter',
      '3:23: steps."a.b".job.script: is a number (it has no quotes); needs the path of a batch script',
    ],
  ],
  [
    'a collection that is not an id, a parameter that is a list',
    `name: a\ncollections: {theta: theta#dtn}\nparams: {x: [1]}\nsteps: {a: {${JOB}}}\n`,
    [
      '2:22: collections.theta: "theta#dtn" cannot be used; needs the id of a collection (a UUID)',
      '3:13: params.x: is a list; needs text, a number, true, false, or null when it must be given',
    ],
  ],
  [
    'unknown keys at the top and in a step',
    `name: a\nstpes: {}\nsteps:\n  a:\n    need: b\n    ${JOB}\n`,
    [
      '2:1: stpes: unknown key; known: name, collections, params, steps and claims; did you mean "steps"?',
      '5:5: steps.a.need: unknown key; known: transfer, job, delete, mkdir, link, move, remove, needs, on_failure_of, after, strategy, fail_fast and 6 more; did you mean "needs"?',
    ],
  ],
  [
    'keys that belong elsewhere',
    'name: a\nsteps:\n  a:\n    queue: q\n    walltime: 1\n    job: {script: a.sh, walltime: 1, needs: b}\n  b:\n    sync: size\n    transfer: {from: theta:/a, to: laptop:/a, after: a}\n',
    [
      '4:5: steps.a.queue: unknown key; it belongs inside "job"',
      '5:5: steps.a.walltime: unknown key; it belongs inside "resources" of "job"',
      '6:25: steps.a.job.walltime: unknown key; it belongs inside "resources"',
      '6:38: steps.a.job.needs: unknown key; it belongs to the step, beside "job"',
      '8:5: steps.b.sync: unknown key; it belongs inside "transfer"',
      '9:47: steps.b.transfer.after: unknown key; it belongs to the step, beside "transfer"',
    ],
  ],
  [
    'neither transfer nor job, and both',
    `name: a\nsteps:\n  a: {}\n  b: {${JOB}, transfer: {from: theta:/a, to: laptop:/a}}\n  c:\n`,
    [
      '3:3: steps.a: has none of transfer, job, delete, mkdir, link, move and remove; needs exactly one of them',
      '4:3: steps.b: has both transfer and job; needs exactly one of them',
      '5:5: steps.c: is empty; needs a map with transfer, job, delete, mkdir, link, move or remove',
    ],
  ],
  [
    'a list of step names that is a map, or holds a number',
    `name: a\nsteps:\n  a: {${JOB}, needs: {b: 1}}\n  b: {${JOB}, after: [a, 3]}\n  c: {${JOB}, needs: 5}\n`,
    [
      '3:35: steps.a.needs: is a map; needs a step name or a list of step names',
      '4:39: steps.b.after[1]: is a number (it has no quotes); needs a step name',
      '5:35: steps.c.needs: is a number (it has no quotes); needs a step name or a list of step names',
    ],
  ],
  [
    'a strategy that is none, and one of a job',
    `name: a\nsteps:\n  a: {strategy: watch, transfer: {from: theta:/a, to: laptop:/a}}\n  b: {strategy: monitor, ${JOB}}\n`,
    [
      '3:17: steps.a.strategy: "watch" cannot be used; needs monitor or wait',
      '4:7: steps.b.strategy: says how a transfer is waited for; a job step has none',
    ],
  ],
];

const DURATION = 'needs a duration from 1s to 7d: whole seconds, or text such as 90s, 5m, 2h or 1d';
const WHOLE = 'needs a whole number from 0 to 20';
const RANGE = 'needs X-Y, X-Y:STEP, X-Y%MAX or X-Y:STEP%MAX, such as 0-99%10';
const withStep = (words: string) => `name: a\nsteps:\n  a: {${JOB}, ${words}}\n  b: {${JOB}}\n`;

const endings: Case[] = [
  ['too many retries', withStep('retries: 21'), [`3:37: steps.a.retries: 21 cannot be used; ${WHOLE}`]],
  ['less than no retries', withStep('retries: -1'), [`3:37: steps.a.retries: -1 cannot be used; ${WHOLE}`]],
  ['half a retry', withStep('retries: 1.5'), [`3:37: steps.a.retries: 1.5 cannot be used; ${WHOLE}`]],
  ['no number that ends', withStep('retries: .inf'), [`3:37: steps.a.retries: Infinity cannot be used; ${WHOLE}`]],
  ['retries in quotes', withStep('retries: "3"'), [`3:37: steps.a.retries: "3" is text; ${WHOLE}`]],
  ['retries in words', withStep('retries: many'), [`3:37: steps.a.retries: "many" cannot be used; ${WHOLE}`]],
  ['a switch for retries', withStep('retries: true'), [`3:37: steps.a.retries: is true or false; ${WHOLE}`]],
  ['retries left empty', withStep('retries: '), [`3:37: steps.a.retries: is empty; ${WHOLE}`]],
  ...['soon', '0s', '8d', '1h30m', '1.5h', '-5s'].map(
    (delay): Case => [
      `a pause of ${delay}`,
      withStep(`retries: 1, retry_delay: ${delay}`),
      [`3:53: steps.a.retry_delay: "${delay}" cannot be used; ${DURATION}`],
    ],
  ),
  ...['0', '604801', '0.5', '-3'].map(
    (delay): Case => [
      `a pause of ${delay} seconds`,
      withStep(`retries: 1, retry_delay: ${delay}`),
      [`3:53: steps.a.retry_delay: ${delay} cannot be used; ${DURATION}`],
    ],
  ),
  [
    'a pause that is a list',
    withStep('retries: 1, retry_delay: [5m]'),
    [`3:53: steps.a.retry_delay: is a list; ${DURATION}`],
  ],
  [
    'a pause before no retry',
    withStep('retry_delay: 5m'),
    ['3:28: steps.a.retry_delay: has no meaning without retries; add retries, or leave it out'],
  ],
  [
    'another time than always',
    withStep('when: alwyas'),
    ['3:34: steps.a.when: "alwyas" cannot be used; needs always; did you mean "always"?'],
  ],
  ['always as a key', withStep('always: true'), ['3:28: steps.a.always: unknown key; write "when: always"']],
  [
    'always, and only if',
    withStep('when: always, needs: b, on_failure_of: [b]'),
    [
      '3:42: steps.a.needs: cannot be combined with "when: always", which runs in any case; leave one of them out',
      '3:52: steps.a.on_failure_of: cannot be combined with "when: always", which runs in any case; leave one of them out',
      '3:68: steps.a.on_failure_of[0]: "b" is in needs too; it cannot both succeed and fail',
    ],
  ],
  [
    'two that run always and wait for each other',
    `name: a\nsteps:\n  a: {${JOB}, when: always, after: b}\n  b: {${JOB}, when: always, after: a}\n`,
    ['3:3: steps.a: waits for itself in a circle: a → b → a; remove one of these'],
  ],
  [
    'keys of the step in the job, and of the job in the step',
    'name: a\nsteps:\n  a: {job: {script: a.sh, retries: 1, when: always}, array: 0-9, on_interrupted: fail}\n',
    [
      '3:27: steps.a.job.retries: unknown key; it belongs to the step, beside "job"',
      '3:39: steps.a.job.when: unknown key; it belongs to the step, beside "job"',
      '3:54: steps.a.array: unknown key; it belongs inside "job"',
      '3:66: steps.a.on_interrupted: unknown key; it belongs inside "job"',
    ],
  ],
  [
    'slips of the pen',
    'name: a\nsteps:\n  a: {retry: 1, job: {script: a.sh, arry: 0-9}}\n',
    [
      '3:7: steps.a.retry: unknown key; write "retries: 3"',
      '3:37: steps.a.job.arry: unknown key; known: script, resources, queue, account, project, name, env, array and on_interrupted; did you mean "array"?',
    ],
  ],
];

const arrays: Case[] = [
  ...(
    [
      ['"5"', '"5" is not a range of indices; needs', ''],
      ['1-1', '"1-1" ends where it begins or before; needs', ' (X less than Y)'],
      ['9-1', '"9-1" ends where it begins or before; needs', ' (X less than Y)'],
      ['"1-3,5-6"', '"1-3,5-6" is more than one range; PBS takes one; needs', ''],
      ['0-9:0', '"0-9:0" has a step of 0; needs', ' (STEP at least 1)'],
      ['0-9%0', '"0-9%0" lets none run at once; needs', ' (MAX at least 1)'],
      ['"-1-3"', '"-1-3" is not a range of indices; needs', ''],
      ['0-1234567890', '"0-1234567890" is not a range of indices; needs', ''],
    ] as const
  ).map(
    ([range, wrong, hint]): Case => [
      `an array of ${range}`,
      oneJob(`{script: a.sh, array: ${range}}`),
      [`4:32: steps.a.job.array: ${wrong.replace('needs', RANGE)}${hint}`],
    ],
  ),
  [
    'an array that is a number, and a policy that is none',
    oneJob('{script: a.sh, array: 100, on_interrupted: fial}'),
    [
      '4:32: steps.a.job.array: is a number (it has no quotes); needs a range of indices in quotes, such as "0-99%10"',
      '4:53: steps.a.job.on_interrupted: "fial" cannot be used; needs rerun or fail; did you mean "fail"?',
    ],
  ],
];

const transfers: Case[] = [
  [
    'no ends',
    oneTransfer('{}'),
    [
      '4:5: steps.a.transfer: from is missing; needs collection:path, such as theta:/~/data/',
      '4:5: steps.a.transfer: to is missing; needs collection:path, such as theta:/~/data/',
    ],
  ],
  [
    'ends that are no places',
    oneTransfer('{from: data, to: "laptop:data"}'),
    [
      '4:22: steps.a.transfer.from: "data" has no ":"; needs collection:path, with a path that starts with "/" or "~/"',
      '4:32: steps.a.transfer.to: the path "data" is relative; needs collection:path, with a path that starts with "/" or "~/"',
    ],
  ],
  [
    'an unknown collection',
    oneTransfer('{from: "thetta:/a", to: "moon:/a"}'),
    [
      `4:22: steps.a.transfer.from: unknown collection "thetta"; known: laptop and theta, and any collection's id (a UUID); did you mean "theta"?`,
      `4:39: steps.a.transfer.to: unknown collection "moon"; known: laptop and theta, and any collection's id (a UUID)`,
    ],
  ],
  [
    'a directory into a file, and a file into a directory',
    'name: a\nsteps:\n  a:\n    transfer:\n      from: theta:/d/\n      to: laptop:/d\n  b:\n    transfer:\n      from: theta:/d\n      to: laptop:/d/\n',
    [
      '6:11: steps.a.transfer.to: "from" ends in "/" (a directory) and "to" does not (a file); end both in "/" to copy what is in the directory',
      '10:11: steps.b.transfer.to: "to" ends in "/" (a directory) and "from" does not (a file); give the file its full name in "to", or end both in "/" to copy what is in a directory',
    ],
  ],
  [
    'a directory that is not to be copied as one',
    oneTransfer('{from: theta:/d/, to: laptop:/d/, recursive: false}'),
    [
      '4:60: steps.a.transfer.recursive: is false, but "from" and "to" end in "/" (a directory); leave it out, or name one file without "/"',
    ],
  ],
  [
    'a place copied onto itself',
    oneTransfer('{from: theta:~/a, to: theta:/~/a}'),
    ['4:37: steps.a.transfer.to: is the same place as "from"; needs another one'],
  ],
  [
    'values of the wrong kind',
    oneTransfer('{from: theta:/a, to: laptop:/a, sync: chksum, encrypt: "yes", deadline: 2030-01-31}'),
    [
      '4:53: steps.a.transfer.sync: "chksum" cannot be used; needs one of exists, size, mtime and checksum; did you mean "checksum"?',
      '4:70: steps.a.transfer.encrypt: "yes" cannot be used; needs true or false',
      '4:87: steps.a.transfer.deadline: "2030-01-31" cannot be used; needs a date and time with zone, such as 2030-01-31T18:00:00+01:00, or a time from the submission, such as 2d',
    ],
  ],
];

const jobs: Case[] = [
  [
    'a script in the home directory',
    oneJob('{script: ~/a.sh}'),
    [
      '4:19: steps.a.job.script: "~" is not expanded; needs a path from the directory of the workflow file, or an absolute one',
    ],
  ],
  ['a job that is a path', oneJob('a.sh'), ['4:10: steps.a.job: "a.sh" cannot be used; needs a map with script']],
  [
    'an account that YAML makes a number',
    oneJob('{script: a.sh, account: 0123, project: "a,b", queue: ""}'),
    [
      '4:34: steps.a.job.account: is a number (it has no quotes); needs an account',
      '4:49: steps.a.job.project: "a,b" cannot be used; needs a project, without double quotes and commas',
      '4:63: steps.a.job.queue: is empty text; needs the name of a queue',
    ],
  ],
  [
    'a job name that PBS refuses',
    oneJob('{script: a.sh, name: "a b"}'),
    [
      '4:31: steps.a.job.name: "a b" cannot be used; needs a PBS job name: 1 to 230 letters, digits, "_", ".", "+" and "-"',
    ],
  ],
  [
    'resources and variables',
    oneJob('{script: a.sh, resources: {1x: 1, gpu: true, walltime: 1h}, env: {A-B: x, C: [1], D: }}'),
    [
      '4:37: steps.a.job.resources.1x: "1x" cannot be used; needs a PBS resource name: letters, digits, "_" and ".", first a letter',
      '4:49: steps.a.job.resources.gpu: is true or false (it has no quotes); needs text or a number',
      '4:65: steps.a.job.resources.walltime: "1h" is not a walltime; needs HH:MM:SS, MM:SS or seconds',
      '4:76: steps.a.job.env.A-B: "A-B" cannot be used; needs the name of an environment variable: letters, digits and "_", first no digit',
      '4:87: steps.a.job.env.C: is a list; needs text, a number, true or false',
      '4:95: steps.a.job.env.D: is empty; needs text, a number, true or false',
    ],
  ],
  [
    'variables of stage itself, and one that no program could be started with',
    oneJob(`{script: a.sh, env: {STAGE_CLAIM: x, B: ${'x'.repeat(131_070)}, C: ${'x'.repeat(131_069)}}}`),
    [
      '4:31: steps.a.job.env.STAGE_CLAIM: "STAGE_CLAIM" cannot be used; names that begin with "STAGE_" are those of stage itself',
      '4:50: steps.a.job.env.B: is too long for a variable: no program can be started with more than 131072 bytes of one; put it into a file, and its name here',
    ],
  ],
  [
    'variables that are too long together',
    oneJob(
      `{script: a.sh, env: {A: &a ${'x'.repeat(101_000)}, ${Array.from({length: 19}, (_, at) => `A${at}: *a`).join(', ')}}}`,
    ),
    [
      '4:25: steps.a.job.env: has 2020248 bytes in all: no program can be started with more than 2000000; put them into a file',
    ],
  ],
];

const references: Case[] = [
  [
    'a step that does not exist',
    `name: a\nsteps:\n  stage-in: {${JOB}}\n  compute: {${JOB}, needs: [stage_in]}\n`,
    ['4:42: steps.compute.needs[0]: unknown step "stage_in"; known: stage-in; did you mean "stage-in"?'],
  ],
  [
    'the only step waits for another',
    `name: a\nsteps:\n  a: {${JOB}, after: constructor}\n`,
    ['3:35: steps.a.after: unknown step "constructor"; there is no other step'],
  ],
  [
    'a step that names itself',
    `name: a\nsteps:\n  a: {${JOB}, needs: a}\n`,
    ['3:35: steps.a.needs: names the step itself; a step cannot wait for itself'],
  ],
  [
    'a name that stands twice, and a contradiction',
    `name: a\nsteps:\n  a: {${JOB}}\n  b: {${JOB}, needs: [a, a], on_failure_of: [a]}\n`,
    [
      '4:39: steps.b.needs[1]: names "a" twice; once is enough',
      '4:59: steps.b.on_failure_of[0]: "a" is in needs too; it cannot both succeed and fail',
    ],
  ],
  [
    'two circles',
    `name: a\nsteps:\n  a: {${JOB}, needs: b}\n  b: {${JOB}, after: c}\n  c: {${JOB}, on_failure_of: [a]}\n  d: {${JOB}, needs: [e]}\n  e: {${JOB}, needs: [d]}\n`,
    [
      '3:3: steps.a: waits for itself in a circle: a → b → c → a; remove one of these',
      '6:3: steps.d: waits for itself in a circle: d → e → d; remove one of these',
    ],
  ],
];

const outputs: Case[] = [
  [
    'what is kept of a transfer, and how long',
    `name: a\nsteps:\n  c: {${JOB}}\n  o: {needs: c, transfer: {from: theta:/a, to: laptop:/a, keep: 14w, when_output_fails: retry}}\n`,
    [
      '4:65: steps.o.transfer.keep: "14w" cannot be used; needs a duration from 1s to 3650d: whole seconds, or text such as 12h or 14d',
      '4:89: steps.o.transfer.when_output_fails: "retry" cannot be used; needs keep or rerun',
    ],
  ],
  [
    'a transfer that moves nothing that a job made',
    `name: a\nsteps:\n  i: {transfer: {from: theta:/a, to: laptop:/a, keep: 14d}}\n  c: {needs: i, ${JOB}}\n`,
    [
      '3:49: steps.i.transfer.keep: is about what jobs of the workflow made; this transfer waits for no job: leave it out, or name one in "needs"',
    ],
  ],
];

const placeholders: Case[] = [
  [
    'placeholders that are wrong, told once each',
    `name: "a\${{ env.X }}"\nparams: {year: 1}\nsteps:\n  a:\n    job: {script: "\${{ params.yaer }}", queue: "\${{ params.year"}\n`,
    [
      '1:7: name: ${{ env.X }} is not understood; write ${{ params.NAME }}, or $${{ for a literal ${{',
      '5:19: steps.a.job.script: unknown parameter "yaer"; known: year; did you mean "year"?',
      '5:48: steps.a.job.queue: "${{" is not closed by "}}"; write ${{ params.NAME }}, or $${{ for a literal ${{',
    ],
  ],
  [
    'a default that uses a parameter',
    `name: a\nparams: {x: 1, y: "\${{ params.x }}"}\nsteps: {a: {${JOB}}}\n`,
    ['2:19: params.y: a default cannot use ${{ }}; write $${{ for a literal ${{'],
  ],
  [
    'a switch with a parameter that is neither true nor false',
    `name: a\nparams: {x: 1}\nsteps:\n  a: {transfer: {from: theta:/a, to: laptop:/a, encrypt: "\${{ params.x }}"}}\n`,
    ['4:58: steps.a.transfer.encrypt: "1" cannot be used; needs true or false'],
  ],
  [
    'what is wrong once the parameters are in',
    `name: a\nparams: {dir: d}\nsteps:\n  a:\n    transfer:\n      from: "theta:\${{ params.dir }}"\n      to: laptop:/d\n`,
    [
      '6:13: steps.a.transfer.from: the path "d" is relative; needs collection:path, with a path that starts with "/" or "~/"',
    ],
  ],
];

const CASES = [
  ...yaml,
  ...shape,
  ...endings,
  ...arrays,
  ...transfers,
  ...jobs,
  ...references,
  ...outputs,
  ...placeholders,
];

test.each(CASES)('%s: every mistake is told where it stands', (_, text, details) => {
  expect(invalidOf(() => load(text)).details).toEqual(details.map((line) => `flow.yaml:${line}`));
});

test('lines that end in CR LF, a byte order mark and wide characters before it do not move a mistake', () => {
  const details = invalidOf(() => load('\uFEFFname: é€\r\nsteps:\r\n  a: {}\r\n')).details;
  expect(details.map((line) => line.split(' ')[0])).toEqual(['flow.yaml:1:8:', 'flow.yaml:3:3:']);
});
