// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax under test
import {describe, expect, test} from 'vitest';
import {EXIT} from '../../../src/errors.ts';
import {EXAMPLE, invalidOf, LAPTOP, load, THETA} from '../support.ts';

describe('a workflow that is right', () => {
  test('has its normal form: defaults filled in, names resolved, steps in the order of the file', () => {
    const none = {needs: [], onFailureOf: [], after: []};
    const options = {verifyChecksum: true, preserveTimestamp: false, encryptData: false};
    expect(load(EXAMPLE)).toEqual({
      name: 'climate-ens',
      collections: {theta: THETA, laptop: LAPTOP},
      params: {},
      workdir: '/work/flow',
      steps: [
        {
          kind: 'transfer',
          name: 'stage-in',
          ...none,
          from: {collection: THETA, path: '/~/dmtestdata/'},
          to: {collection: LAPTOP, path: '/~/xfer/'},
          recursive: true,
          options,
        },
        {
          kind: 'job',
          name: 'compute',
          ...none,
          needs: ['stage-in'],
          script: '/work/flow/computeJob.sh',
          resources: {select: '1:ncpus=4', walltime: '01:00:00'},
          env: {},
        },
        {
          kind: 'transfer',
          name: 'stage-out',
          ...none,
          needs: ['compute'],
          from: {collection: LAPTOP, path: '/~/results/'},
          to: {collection: THETA, path: '/~/results/'},
          recursive: true,
          options,
        },
        {
          kind: 'job',
          name: 'cleanup',
          ...none,
          onFailureOf: ['stage-in', 'compute'],
          script: '/work/flow/cleanup.sh',
          resources: {},
          env: {},
        },
      ],
    });
  });

  test('says everything that a transfer can say', () => {
    const [step] = load(`name: one
steps:
  copy:
    strategy: wait
    retries: 3
    retry_delay: 90
    transfer:
      from: ${THETA.toUpperCase()}:/data/a.nc
      to: laptop:~/a.nc
      sync: checksum
      verify_checksum: false
      preserve_timestamp: true
      encrypt: true
      deadline: 2030-01-31T18:00:00+01:00
`).steps;
    expect(step).toMatchObject({
      strategy: 'wait',
      retries: 3,
      retryDelayMs: 90_000,
      from: {collection: THETA, path: '/data/a.nc'},
      to: {collection: LAPTOP, path: '/~/a.nc'},
      recursive: false,
      options: {
        syncLevel: 3,
        verifyChecksum: false,
        preserveTimestamp: true,
        encryptData: true,
        deadline: '2030-01-31T17:00:00Z',
      },
    });
  });

  test('says everything that a job can say, and numbers stay as they are written', () => {
    const [step] = load(`name: one
steps:
  compute:
    retries: 20
    retry_delay: 2h
    job:
      script: /opt/jobs/run.sh
      array: 0-99:2%10
      on_interrupted: fail
      resources: {ncpus: 010, walltime: 3600, mem: 16gb}
      queue: workq@pbs
      account: climate
      project: p1
      name: ens+1.0
      env: {VERSION: 1.10, BIG: 12345678901234567890, DEBUG: true, TEXT: "a\\nb", EMPTY: ""}
`).steps;
    expect(step).toMatchObject({
      retries: 20,
      retryDelayMs: 7_200_000,
      array: {first: 0, last: 99, step: 2, atOnce: 10},
      onInterrupted: 'fail',
      script: '/opt/jobs/run.sh',
      resources: {ncpus: '010', walltime: '3600', mem: '16gb'},
      queue: 'workq@pbs',
      account: 'climate',
      project: 'p1',
      jobName: 'ens+1.0',
      env: {VERSION: '1.10', BIG: '12345678901234567890', DEBUG: 'true', TEXT: 'a\nb', EMPTY: ''},
    });
  });

  test('has no field for what is as it would be anyway', () => {
    const [plain] = load('name: one\nsteps:\n  a: {job: {script: a.sh}}\n').steps;
    const [spelled] = load(
      'name: one\nsteps:\n  a: {retries: 0, retry_delay: 5m, job: {script: a.sh, on_interrupted: rerun}}\n',
    ).steps;
    expect(Object.keys(spelled ?? {})).toEqual(Object.keys(plain ?? {}));
    const [minute] = load('name: one\nsteps:\n  a: {retries: 2, retry_delay: 1m, job: {script: a.sh}}\n').steps;
    expect(minute).toEqual({...plain, retries: 2});
  });

  test('leaves it to the profile how a transfer is waited for, unless it says so', () => {
    const strategies = ['', 'strategy: monitor, ', 'strategy: wait, '].map(
      (strategy) =>
        load(`{name: one, steps: {a: {${strategy}transfer: {from: "theta:/a", to: "laptop:/a"}}}}`).steps[0],
    );
    expect(strategies.map((step) => step && 'strategy' in step && step.strategy)).toEqual([false, 'monitor', 'wait']);
  });

  test('one step name may stand where a list may', () => {
    const {steps} = load(`name: one
steps:
  a: {job: {script: a.sh}}
  b: {job: {script: b.sh}, needs: a}
  c: {job: {script: c.sh}, on_failure_of: a, after: b}
`);
    expect(steps.map((step) => [step.needs, step.onFailureOf, step.after])).toEqual([
      [[], [], []],
      [['a'], [], []],
      [[], ['a'], ['b']],
    ]);
  });

  test.each([
    ['theta:/d/', 'laptop:/d/', '', true],
    ['theta:/d', 'laptop:/d', '', false],
    ['theta:/d', 'laptop:/d', ', recursive: true', true],
    ['theta:~', 'laptop:/d/', '', true],
  ])('%s to %s%s is recursive: %s', (from, to, extra, recursive) => {
    const [step] = load(`{name: one, steps: {copy: {transfer: {from: "${from}", to: "${to}"${extra}}}}}`).steps;
    expect(step).toMatchObject({recursive});
  });

  test('keeps of the configuration only the collections that it uses, and its own names win', () => {
    const own = '11111111-2222-3333-4444-555555555555';
    const workflow = load(
      `{name: one, collections: {theta: ${own}}, steps: {copy: {transfer: {from: "theta:/a", to: "laptop:/a"}}}}`,
      {collections: {theta: THETA, laptop: LAPTOP, other: THETA}},
    );
    expect(workflow.collections).toEqual({theta: own, laptop: LAPTOP});
    expect(workflow.steps[0]).toMatchObject({from: {collection: own}});
  });

  test('a %YAML line does not turn times and words into something else', () => {
    const text = `%YAML 1.1\n---\nname: no\nsteps: {a: {job: {script: on, env: {T: 01:00:00, D: 2030-01-31}}}}\n`;
    expect(load(text)).toMatchObject({
      name: 'no',
      steps: [{script: '/work/flow/on', env: {T: '01:00:00', D: '2030-01-31'}}],
    });
  });

  test('an anchor may be used again', () => {
    const {steps} = load(`name: one
steps:
  a: {job: {script: a.sh, resources: &small {select: "1:ncpus=1"}}}
  b: {job: {script: b.sh, resources: *small}}
`);
    expect(steps[1]).toMatchObject({resources: {select: '1:ncpus=1'}});
  });
});

describe('parameters', () => {
  const text = `name: year-\${{ params.year }}
params: {year: , members: 4, version: 1.10, deep: true, plain: "no"}
steps:
  copy:
    transfer: {from: "theta:/\${{params.year}}/", to: "laptop:/\${{ params.version }}/", encrypt: "\${{ params.deep }}"}
  compute:
    job: {script: a.sh, env: {M: "\${{ params.members }}", L: "$\${{ x }}", D: "\${{ params.deep }}"}}
`;

  test('go into every text; a switch may take one', () => {
    const workflow = load(text, {params: {year: '2020', members: '8'}});
    expect(workflow.name).toBe('year-2020');
    expect(workflow.params).toEqual({year: '2020', members: '8', version: '1.10', deep: 'true', plain: 'no'});
    expect(workflow.steps).toMatchObject([
      {from: {path: '/2020/'}, to: {path: '/1.10/'}, options: {encryptData: true}},
      {env: {M: '8', L: '${{ x }}', D: 'true'}},
    ]);
  });

  test('a parameter may say how often and how long; what it says is checked', () => {
    const text = `{name: a, params: {n: 3, pause: 30s, range: 0-9}, steps: {a: {retries: "\${{ params.n }}",
 retry_delay: "\${{ params.pause }}", job: {script: a.sh, array: "\${{ params.range }}"}}}}`;
    expect(load(text).steps).toMatchObject([{retries: 3, retryDelayMs: 30_000, array: {first: 0, last: 9, step: 1}}]);
    expect(invalidOf(() => load(text, {params: {n: '30', pause: 'long', range: '9'}})).details).toEqual([
      'flow.yaml:1:72: steps.a.retries: 30 cannot be used; needs a whole number from 0 to 20',
      'flow.yaml:2:15: steps.a.retry_delay: "long" cannot be used; needs a duration from 1s to 7d: whole seconds, or text such as 90s, 5m, 2h or 1d',
      'flow.yaml:2:65: steps.a.job.array: "9" is not a range of indices; needs X-Y, X-Y:STEP, X-Y%MAX or X-Y:STEP%MAX, such as 0-99%10',
    ]);
  });

  test('may be called like something that every JavaScript object has', () => {
    const text = '{name: "${{ params.constructor }}", params: {constructor: x}, steps: {valueOf: {job: {script: a}}}}';
    expect(load(text).name).toBe('x');
  });

  test('a value that looks like a placeholder is not expanded again', () => {
    const workflow = load('{name: a, params: {x: y}, steps: {a: {job: {script: "${{ params.x }}"}}}}', {
      params: {x: '${{ params.x }}'},
    });
    expect(workflow.steps[0]).toMatchObject({script: '/work/flow/${{ params.x }}'});
  });

  test('a required one that is missing is told once, whatever depends on it', () => {
    expect(invalidOf(() => load(text)).details).toEqual([
      'flow.yaml:2:10: params.year: is required, and was not given; add --param year=VALUE',
    ]);
  });

  test('unknown ones on the command line are told after the mistakes of the file', () => {
    const error = invalidOf(() => load(text, {params: {yaer: '2020', x: '1'}}));
    expect(error.details).toEqual([
      'flow.yaml:2:10: params.year: is required, and was not given; add --param year=VALUE',
      '--param yaer: unknown parameter; known: year, members, version, deep and plain; did you mean "year"?',
      '--param x: unknown parameter; known: year, members, version, deep and plain',
    ]);
  });

  test('names that every JavaScript object has are unknown like any other', () => {
    const error = invalidOf(() =>
      load('{name: a, steps: {a: {job: {script: "${{ params.constructor }}"}}}}', {params: {toString: 'x'}}),
    );
    expect(error.details).toEqual([
      'flow.yaml:1:37: steps.a.job.script: unknown parameter "constructor"; the file declares none under params',
      '--param toString: unknown parameter; the file declares no parameters',
    ]);
  });
});

test('the error says how many mistakes, is a wrong request, and that nothing was changed', () => {
  const one = invalidOf(() => load('name: a\n'));
  expect(one.message).toBe('flow.yaml has 1 mistake');
  expect(one).toMatchObject({code: 'WORKFLOW_INVALID', exit: EXIT.usage});
  expect(one.why).toContain('nothing was changed');
  expect(one.next).not.toHaveLength(0);
  expect(invalidOf(() => load('a: 1\n')).message).toBe('flow.yaml has 3 mistakes');
});

test('a file of 1 MiB is read, a larger one is refused', () => {
  const comment = (bytes: number) => `${EXAMPLE}#${'x'.repeat(bytes - EXAMPLE.length - 1)}`;
  expect(load(comment(1024 * 1024)).name).toBe('climate-ens');
  expect(invalidOf(() => load(comment(1024 * 1024 + 1))).details).toEqual([
    'flow.yaml:1:1: the file has 1048577 bytes; at most 1048576 (1 MiB) are read',
  ]);
});
