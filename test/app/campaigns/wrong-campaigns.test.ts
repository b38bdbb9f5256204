import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {runCampaign} from '../../../src/app/campaigns/run-campaign.ts';
import {EXIT, StageError} from '../../../src/errors.ts';
import {type FakeStage, fakeStage} from '../../support/fake-stage.ts';

let top: string;
let stage: FakeStage;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'wrong-campaign-'));
  mkdirSync(join(top, 'state'));
  stage = fakeStage(join(top, 'state'));
  const workflow = [
    'name: one',
    'params: {t: null, queue: workq}',
    'steps:',
    '  compute: {job: {script: "${{ params.t }}.sh", queue: "${{ params.queue }}"}}',
  ];
  writeFileSync(join(top, 'one.yaml'), workflow.join('\n'));
  for (const name of ['a', 'b', 'c']) writeFileSync(join(top, `${name}.sh`), '#!/bin/sh\n');
  writeFileSync(join(top, 'bad.sh'), '#!/bin/sh\n#PBS -l walltime=forever\n');
  writeFileSync(join(top, 'empty.txt'), '# nothing\n\n');
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

const ask = (more: object = {}) =>
  runCampaign(stage, {
    file: join(top, 'many.yaml'),
    dryRun: false,
    update: false,
    changed: false,
    check: false,
    ...more,
  });

/** What is wrong with a campaign file, without the directory. */
async function mistakesIn(text: string): Promise<readonly string[]> {
  writeFileSync(join(top, 'many.yaml'), text);
  const error = await ask().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof StageError)) throw error ?? new Error('it was taken');
  expect(error.exit).toBe(EXIT.usage);
  expect(error.next.length).toBeGreaterThan(0);
  expect(existsSync(join(top, 'state', 'campaigns'))).toBe(false);
  return error.details.map((detail) => detail.replaceAll(`${top}/`, ''));
}

const GOOD = 'campaign: many\nworkflow: one.yaml\nfor_each: [a, b, c]\nparams: {t: "${{ item }}"}\n';
const but = (from: string, to: string) => GOOD.replace(from, to);

test.each([
  ['no YAML', 'campaign: [', /^many\.yaml:1:\d+: .*not valid YAML|flow/i],
  ['an empty file', '', /^many\.yaml:1:1: the file is empty; needs a map with campaign, workflow and for_each$/],
  ['a list', '- a', /^many\.yaml:1:1: is a list; needs a map with campaign, workflow and for_each$/],
  ['no name', but('campaign: many\n', ''), /^many\.yaml:1:1: campaign is missing; needs a name/],
  ['a name with a dot', but('many', 'ma.ny'), /^many\.yaml:1:11: campaign: "ma\.ny" cannot be used; needs a name/],
  ['a name too long for its runs', but('many', 'm'.repeat(56)), /^many\.yaml:1:11: campaign: .*1 to 55 letters/],
  [
    'an unknown key',
    `${GOOD}max_activ: 3\n`,
    /^many\.yaml:5:1: max_activ: unknown key; .*did you mean "max_active"\?$/,
  ],
  ['a key twice', `${GOOD}workflow: two.yaml\n`, /^many\.yaml:5:1: workflow: appears twice; first on line 2$/],
  ['no items', but('[a, b, c]', '[]'), /^many\.yaml:3:11: for_each: is an empty list; needs at least one item$/],
  [
    'two sources',
    but('[a, b, c]', '{lines: a.txt, glob: "*"}'),
    /^many\.yaml:3:1: for_each: has lines and glob; needs one of list, lines, glob and matrix$/,
  ],
  [
    'an unknown source',
    but('[a, b, c]', '{files: "*"}'),
    /^many\.yaml:3:\d+: for_each\.files: unknown key; known: list, lines, glob and matrix/,
  ],
  [
    'a file of lines that is not there',
    but('[a, b, c]', '{lines: no.txt}'),
    /^many\.yaml:3:\d+: for_each\.lines: no\.txt cannot be read: it does not exist$/,
  ],
  [
    'a file without an item',
    but('[a, b, c]', '{lines: empty.txt}'),
    /^many\.yaml:3:\d+: for_each\.lines: empty\.txt names no items$/,
  ],
  [
    'a pattern that nothing matches',
    but('[a, b, c]', '{glob: "*.nc"}'),
    /^many\.yaml:3:\d+: for_each\.glob: no file matches \*\.nc$/,
  ],
  [
    'a pattern in the middle',
    but('[a, b, c]', '{glob: "*/x.nc"}'),
    /for_each\.glob: only the last part of \*\/x\.nc may hold \* and \?$/,
  ],
  [
    'an item twice',
    but('[a, b, c]', '[a, b, a]'),
    /^many\.yaml:3:18: for_each\[2\]: item 3 is called "a", as item 1 is$/,
  ],
  [
    'a field that no item has',
    but('"${{ item }}"', '"${{ item.x }}"'),
    /^many\.yaml:4:\d+: params\.t: an item has no field "x"; it has no fields$/,
  ],
  [
    'a placeholder of another kind',
    but('"${{ item }}"', '"${{ params.t }}"'),
    /^many\.yaml:4:\d+: params\.t: \$\{\{ params\.t \}\} is not understood/,
  ],
  ['no parameters for items of text', but('params: {t: "${{ item }}"}\n', ''), /^many\.yaml:1:1: params is missing/],
  [
    'max_active 0',
    `${GOOD}max_active: 0\n`,
    /^many\.yaml:5:13: max_active: 0 cannot be used; needs a whole number from 1$/,
  ],
  [
    'a pause after nothing',
    `${GOOD}pause_after: no\n`,
    /^many\.yaml:5:14: pause_after: .*needs a whole number from 1, or never/,
  ],
  [
    'a priority that is none',
    `${GOOD}priority: "\${{ item }}"\n`,
    /^many\.yaml:5:11: priority: "a" of an item is no whole number/,
  ],
  [
    'a parameter that the workflow does not have',
    but('{t:', '{u: 1, t:'),
    /^params\.u: unknown parameter; known: t and queue.* \(all items\)$/,
  ],
  [
    'a parameter that is not given',
    but('t: "${{ item }}"', 'queue: "${{ item }}"'),
    /^one\.yaml:2:10: params\.t: is required, and was not given; add t under params of the campaign file \(all items\)$/,
  ],
  [
    'a script that is not there',
    but('c]', 'd]'),
    /^steps\.compute\.job\.script: d\.sh cannot be read: it does not exist \(item 3 at many\.yaml:3:18\)$/,
  ],
  ['a script that PBS would refuse', but('c]', 'bad]'), /^bad\.sh:2: .* \(item 3 at many\.yaml:3:18\)$/],
])('a campaign file with %s has one mistake, which says where', async (_, text, expected) => {
  const details = await mistakesIn(text);
  expect(details).toHaveLength(1);
  expect(details[0]).toMatch(expected);
});

test('every mistake of every item is told at once, each with the items that have it', async () => {
  writeFileSync(join(top, 'items.yaml'), '');
  const items = '[{t: a, queue: "x\\ny"}, {t: d, queue: q}, {t: bad, queue: q}, {t: d, queue: r}, {t: a, queue: q}]';
  const details = await mistakesIn(but('[a, b, c]', items).replace(/params.*/, ''));
  expect(details).toEqual([
    'one.yaml:4:56: steps.compute.job.queue: "x\\ny" cannot be used; needs the name of a queue (item 1 at many.yaml:3:12)',
    'steps.compute.job.script: d.sh cannot be read: it does not exist (item 2 at many.yaml:3:35, item 4 at many.yaml:3:73)',
    expect.stringMatching(/^bad\.sh:2: .* \(item 3 at many\.yaml:3:53\)$/),
  ]);
});

test.each([
  [
    'the workflow',
    () =>
      writeFileSync(
        join(top, 'one.yaml'),
        'name: one\nparams: {t: null, queue: q}\nsteps: {x: {job: {script: a.sh}}}\n',
      ),
    /the workflow, one of its scripts/,
  ],
  ['a script', () => writeFileSync(join(top, 'a.sh'), '#!/bin/sh\ntrue\n'), /the workflow, one of its scripts/],
  ['max_active', () => writeFileSync(join(top, 'many.yaml'), `${GOOD}max_active: 3\n`), /^max_active: 20 -> 3$/],
  [
    'the parameters of an item',
    () => writeFileSync(join(top, 'many.yaml'), but('}"}', '}", queue: other}')),
    /^items 1, 2, 3: parameters or priority$/,
  ],
])('a campaign that differs in %s is left as it was, and the difference is told', async (_, change, expected) => {
  writeFileSync(join(top, 'many.yaml'), GOOD);
  await ask();
  change();
  const before = await (await stage.campaigns()).find('many')?.log.read();
  await expect(ask()).rejects.toMatchObject({
    code: 'CAMPAIGN_DIFFERS',
    exit: EXIT.usage,
    details: [expect.stringMatching(expected)],
  });
  expect(await (await stage.campaigns()).find('many')?.log.read()).toEqual(before);
  expect((await ask({update: true})).did).toBe('changed');
});

test('a dry run says what would be done, and changes nothing', async () => {
  writeFileSync(join(top, 'many.yaml'), GOOD);
  expect(await ask({dryRun: true})).toMatchObject({did: 'would-create', exit: EXIT.ok});
  expect(existsSync(join(top, 'state', 'campaigns'))).toBe(false);
});

test('a campaign whose runs would have the names of others is refused', async () => {
  writeFileSync(join(top, 'many.yaml'), GOOD);
  await ask();
  rmSync(join(top, 'state', 'campaigns'), {recursive: true});
  await expect(ask()).rejects.toMatchObject({code: 'CAMPAIGN_RUN_TAKEN', exit: EXIT.usage});
});
