// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax under test
import {describe, expect, test} from 'vitest';
import {splitTransfer, type WorkflowFlags, workflowFromFlags} from '../../../src/workflow/file/from-flags.ts';
import type {LoadOptions} from '../../../src/workflow/file/load.ts';
import type {Workflow} from '../../../src/workflow/model/workflow.ts';
import {invalidOf, LAPTOP, load, OPTIONS, THETA} from '../support.ts';

function fromFlags(flags: Partial<WorkflowFlags>, options: Partial<LoadOptions> = {}): Workflow {
  return workflowFromFlags({directory: '/work/flow', ...flags}, {...OPTIONS, ...options});
}

const IN = 'theta:/~/dmtestdata/=laptop:/~/xfer/';
const OUT = 'laptop:/~/results/=theta:/~/results/';

describe('flags describe the same workflow as a file', () => {
  test('one of each', () => {
    const flags = {stageIn: [IN], job: ['computeJob.sh'], stageOut: [OUT], cleanup: 'cleanup.sh', name: 'climate-ens'};
    const settings = {resources: {select: '1:ncpus=4', walltime: '01:00:00'}, queue: 'workq', account: 'acc'};
    expect(fromFlags({...flags, ...settings})).toEqual(
      load(`name: climate-ens
steps:
  stage-in:
    transfer: {from: "theta:/~/dmtestdata/", to: "laptop:/~/xfer/"}
  compute:
    needs: stage-in
    job: {script: computeJob.sh, resources: {select: "1:ncpus=4", walltime: "01:00:00"}, queue: workq, account: acc}
  stage-out:
    needs: compute
    transfer: {from: "laptop:/~/results/", to: "theta:/~/results/"}
  cleanup:
    on_failure_of: [stage-in, compute]
    job: {script: cleanup.sh, queue: workq, account: acc}
`),
    );
  });

  test('several stage-ins and jobs', () => {
    const flags = {stageIn: [IN, 'theta:/a=laptop:/a'], job: ['/opt/a.sh', 'b.sh'], stageOut: [OUT], cleanup: 'c.sh'};
    expect(fromFlags(flags)).toEqual(
      load(`name: a
steps:
  stage-in-1: {transfer: {from: "theta:/~/dmtestdata/", to: "laptop:/~/xfer/"}}
  stage-in-2: {transfer: {from: "theta:/a", to: "laptop:/a"}}
  compute-1: {needs: [stage-in-1, stage-in-2], job: {script: /opt/a.sh}}
  compute-2: {needs: [stage-in-1, stage-in-2], job: {script: b.sh}}
  stage-out: {needs: [compute-1, compute-2], transfer: {from: "laptop:/~/results/", to: "theta:/~/results/"}}
  cleanup: {on_failure_of: [stage-in-1, stage-in-2, compute-1, compute-2], job: {script: c.sh}}
`),
    );
  });

  test('retries of every step, and an array of each job but the cleanup', () => {
    const flags = {stageIn: [IN], job: ['a.sh', 'b.sh'], stageOut: [OUT], cleanup: 'c.sh', name: 'a'};
    expect(fromFlags({...flags, retries: 3, array: '0-99%10'})).toEqual(
      load(`name: a
steps:
  stage-in: {retries: 3, transfer: {from: "theta:/~/dmtestdata/", to: "laptop:/~/xfer/"}}
  compute-1: {retries: 3, needs: stage-in, job: {script: a.sh, array: 0-99%10}}
  compute-2: {retries: 3, needs: stage-in, job: {script: b.sh, array: 0-99%10}}
  stage-out: {retries: 3, needs: [compute-1, compute-2], transfer: {from: "laptop:/~/results/", to: "theta:/~/results/"}}
  cleanup: {retries: 3, on_failure_of: [stage-in, compute-1, compute-2], job: {script: c.sh}}
`),
    );
    expect(fromFlags({...flags, retries: 0})).toEqual(fromFlags(flags));
  });

  test('no job: the stage-out waits for the stage-in', () => {
    const {steps, name} = fromFlags({stageIn: [IN], stageOut: [OUT]});
    expect(name).toBe('stage');
    expect(steps.map((step) => [step.name, step.needs])).toEqual([
      ['stage-in', []],
      ['stage-out', ['stage-in']],
    ]);
  });

  test('"${{" has no meaning in a flag', () => {
    const [step] = fromFlags({stageOut: ['laptop:/${{ params.x }}=theta:/a']}).steps;
    expect(step).toMatchObject({from: {path: '/${{ params.x }}'}});
  });
});

test.each([
  ['computeJob.sh', 'computeJob'],
  ['/opt/jobs/my job.v2.pbs', 'my-job-v2'],
  ['_x.sh', 'x'],
  ['ä.sh', 'stage'],
  [`${'x'.repeat(90)}.sh`, 'x'.repeat(63)],
])('a run of %s is called %s when no name is given', (job, name) => {
  expect(fromFlags({job: [job]}).name).toBe(name);
});

describe('a transfer is split at the "=" before a collection', () => {
  const split = (text: string) => splitTransfer(text, OPTIONS);
  test.each([
    ['theta:/a=laptop:/b', 'theta:/a', 'laptop:/b'],
    ['theta:/a=1/b=laptop:/c=2', 'theta:/a=1/b', 'laptop:/c=2'],
    [`theta:/a=${LAPTOP}:/b`, 'theta:/a', `${LAPTOP}:/b`],
    ['theta:/t=x:/y=laptop:/b', 'theta:/t=x:/y', 'laptop:/b'],
    ['theta:/a=lptop:/b', 'theta:/a', 'lptop:/b'],
  ])('%s', (text, from, to) => expect(split(text)).toEqual({from, to}));

  test('and one that can be read in two ways is not guessed', () => {
    expect(split('theta:/a=laptop:/b=theta:/c')).toEqual({
      wrong:
        'can be read in more than one way: "theta:/a" to "laptop:/b=theta:/c" or "theta:/a=laptop:/b" to "theta:/c"; write it into a workflow file',
    });
    expect(split('theta:/a')).toHaveProperty('wrong');
  });
});

describe('every mistake is told of the flag it stands in', () => {
  test.each<[string, Partial<WorkflowFlags>, string[]]>([
    ['nothing', {}, ['there is nothing to do; needs a workflow file, or --stage-in, --job or --stage-out']],
    ['only a cleanup', {cleanup: 'c.sh'}, ['--cleanup c.sh: has nothing to clean up after; needs --stage-in or --job']],
    [
      'no "="',
      {stageIn: ['theta:/a'], job: ['a.sh']},
      ['--stage-in theta:/a: has no "=" before a collection; needs FROM=TO, such as theta:/~/data/=laptop:/~/in/'],
    ],
    [
      'an unknown collection and a slash',
      {stageIn: ['thetta:/a=laptop:/a'], stageOut: ['laptop:/r/=theta:/r']},
      [
        `--stage-in thetta:/a=laptop:/a: from: unknown collection "thetta"; known: laptop and theta, and any collection's id (a UUID); did you mean "theta"?`,
        '--stage-out laptop:/r/=theta:/r: to: "from" ends in "/" (a directory) and "to" does not (a file); end both in "/" to copy what is in the directory',
      ],
    ],
    [
      'settings of several jobs, told once',
      {job: ['a.sh', 'b.sh'], name: 'a b', queue: '', resources: {walltime: '1h'}},
      [
        '--name: "a b" cannot be used; needs a run name: 1 to 63 letters, digits, "_" and "-", first a letter or digit',
        '--queue: is empty text; needs the name of a queue',
        '--resource walltime: "1h" is not a walltime; needs HH:MM:SS, MM:SS or seconds',
      ],
    ],
    [
      'retries and an array that cannot be, each told once',
      {stageIn: [IN], job: ['a.sh', 'b.sh'], retries: 21, array: '5'},
      [
        '--retries: 21 cannot be used; needs a whole number from 0 to 20',
        '--array: "5" is not a range of indices; needs X-Y, X-Y:STEP, X-Y%MAX or X-Y:STEP%MAX, such as 0-99%10',
      ],
    ],
    [
      'an array of nothing',
      {stageIn: [IN], array: '0-9', cleanup: 'c.sh'},
      ['--array 0-9: there is no job to make an array of; needs --job'],
    ],
    ['an empty script', {job: ['']}, ['--job : is empty text; needs the path of a batch script']],
  ])('%s', (_, flags, details) => {
    expect(invalidOf(() => fromFlags(flags)).details).toEqual(details);
  });

  test('a parameter, which only files have', () => {
    const error = invalidOf(() => fromFlags({job: ['a.sh']}, {params: {x: '1'}}));
    expect(error.details).toEqual(['--param x: flags have no parameters; they are for workflow files']);
    expect(error.message).toBe('the command line has 1 mistake');
  });

  test('an id for a collection needs no friendly names', () => {
    const {steps} = fromFlags({stageIn: [`${THETA}:/a=${LAPTOP}:/a`]}, {collections: {}});
    expect(steps[0]).toMatchObject({from: {collection: THETA}, to: {collection: LAPTOP}});
  });
});
