import {chmodSync, mkdirSync, statSync, truncateSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {initLimits, releaseClaim, setLimit} from '../../../src/app/limits/change-limits.ts';
import {showLimits} from '../../../src/app/limits/limits.ts';
import {renderLimits, renderRelease} from '../../../src/app/limits/render-limits.ts';
import {findLimits} from '../../../src/app/shared/preflight/find-limits.ts';
import {EXIT, StageError} from '../../../src/errors.ts';
import type {LimitEvent} from '../../../src/limits/log.ts';
import type {Workflow} from '../../../src/workflow/model/workflow.ts';
import {jobStep, transferStep} from '../../support/a-run.ts';
import {fakeStage, profileOf} from '../../support/fake-stage.ts';
import {memoryDirectory} from '../../support/memory-directory.ts';

function stageWith(limits: string) {
  const directory = join(memoryDirectory('limits-'), 'state');
  mkdirSync(directory);
  return fakeStage(directory, {profile: profileOf(`{transfer: local, limits: ${limits}}`)});
}

/** A state directory whose claim holds the one licence, and another that waits. */
function claimed() {
  const stage = stageWith('{slots: {licence: 1}, pools: {scratch: {size: 1GB}}}');
  const [own] = stage.limits.all();
  if (!own) throw new Error('there is one');
  const claim = (run: string): LimitEvent => {
    const holder = {who: 'ada@one', home: stage.limits.home(), run, step: 'compute'};
    return {
      do: 'claim',
      key: `${stage.limits.prefix(own)}${run}/compute/1`,
      wants: [{limit: 'licence', amount: 1}],
      holder,
    };
  };
  const capacity: LimitEvent = {do: 'capacity', limit: 'licence', capacity: {kind: 'slots', size: 1}};
  const events = [capacity, claim('a.1'), claim('b.1')];
  own.settle({wanted: ({claims}) => (claims.size > 0 ? [] : events), free: () => 0, by: 'x', clock: () => 1000});
  own.noteLook({who: 'ada@one', home: stage.limits.home(), at: 2000});
  return stage;
}

const codeOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return error instanceof StageError ? error.code : String(error);
  }
  return 'nothing was thrown';
};

test('limits are shown with what is held, who holds it, who waits, and why not yet', () => {
  const report = showLimits(claimed());
  expect(report).toMatchObject({
    exit: EXIT.ok,
    directories: [
      {
        shared: false,
        limits: [
          {limit: 'licence', held: 1, size: 1},
          {limit: 'scratch', held: 0, size: 1e9},
        ],
        claims: [
          {claim: 1, state: 'granted', run: 'a.1', own: true, lastLook: {who: 'ada@one'}},
          {
            claim: 2,
            state: 'waiting',
            run: 'b.1',
            why: expect.stringMatching(/^it wants 1 of licence; held: 1 of licence/),
          },
        ],
      },
    ],
  });
  const text = renderLimits(report);
  expect(text).toContain('CLAIM  HOLDS    SINCE');
  expect(text).toMatch(/\n1 {6}licence .* a\.1 compute of ada@one/);
  expect(text).toMatch(/\n {2}2: it wants 1 of licence/);
});

test('where nothing was claimed, the limits of the profile are shown, and nothing is made', () => {
  const stage = stageWith('{slots: {licence: 3}}');
  expect(showLimits(stage).directories).toMatchObject([{limits: [{limit: 'licence', held: 0, size: 3}], claims: []}]);
  expect(statSync(stage.ledger.layout.limits, {throwIfNoEntry: false})).toBeUndefined();
});

test('a claim is shown before it is freed, and what waits is granted then', () => {
  const stage = claimed();
  const shown = releaseClaim(stage, {claim: '1', yes: false});
  expect(renderRelease(shown)).toMatch(
    /would be released\n {2}held since .* by a.1 compute of ada@one; last looked at .* by ada@one\n {2}next:/,
  );
  expect(showLimits(stage).directories[0]?.claims).toHaveLength(2);
  expect(releaseClaim(stage, {claim: '1', yes: true}).done).toBe(true);
  expect(showLimits(stage).directories[0]?.claims).toMatchObject([{claim: 2, state: 'granted'}]);
  expect(codeOf(() => releaseClaim(stage, {claim: '1', yes: true}))).toBe('NO_SUCH_CLAIM');
});

test('an entry that cannot be read is told with exit 3, and counts for nothing when a person says so', () => {
  const stage = claimed();
  truncateSync(join(stage.ledger.layout.limits, 'log', '000000001.json'), 5);
  const again = fakeStage(stage.ledger.layout.home, {profile: stage.profile});
  const report = showLimits(again);
  expect(report.exit).toBe(EXIT.actionNeeded);
  expect(renderLimits(report)).toContain('entry 1 cannot be read, and nothing is granted meanwhile');
  releaseClaim(again, {entry: 1, yes: true});
  expect(showLimits(again).exit).toBe(EXIT.ok);
});

test('a directory of a group is made once, and its owner says how much there is', () => {
  const directory = join(memoryDirectory('shared-'), 'limits');
  const first = initLimits(directory, 'x');
  expect([first.made, initLimits(directory, 'x').made]).toEqual([true, false]);
  expect(statSync(directory).mode & 0o7777).toBe(0o3770);
  const stage = stageWith(`{directory: ${directory}}`);
  setLimit(stage, {limit: 'node', slots: 2});
  const {was} = setLimit(stage, {limit: 'node', slots: 3});
  setLimit(stage, {limit: 'disk', size: '2TB', reserve: '100GB', path: '/scratch'});
  expect(was).toEqual({kind: 'slots', size: 2});
  expect(showLimits(stage).directories).toMatchObject([
    {
      shared: true,
      limits: [
        {limit: 'node', size: 3},
        {limit: 'disk', size: 2e12, reserve: 1e11, path: '/scratch'},
      ],
    },
  ]);
  chmodSync(directory, 0o2770);
  expect(codeOf(() => showLimits(fakeStage(stage.ledger.layout.home, {profile: stage.profile})))).toBe(
    'LIMITS_NOT_USABLE',
  );
});

test.each([
  ['no directory', {limit: 'a', slots: 1}, 'REQUEST_WRONG'],
  ['neither slots nor size', {limit: 'a', directory: '/x'}, 'REQUEST_WRONG'],
  ['a reserve of slots', {limit: 'a', slots: 1, reserve: '1GB', directory: '/x'}, 'REQUEST_WRONG'],
  ['bytes that are none', {limit: 'a', size: 'much', directory: '/x'}, 'REQUEST_WRONG'],
  ['a name that is none', {limit: 'a b', slots: 1, directory: '/x'}, 'REQUEST_WRONG'],
  ['a directory that is none', {limit: 'a', slots: 1, directory: '/nowhere'}, 'LIMITS_NOT_USABLE'],
])('stage limits set with %s is refused', (_, request, code) => {
  expect(codeOf(() => setLimit(stageWith('{}'), request))).toBe(code);
});

test('a workflow that asks for what no grant could ever be made for is found out, with the numbers', () => {
  const {settings} = stageWith('{slots: {licence: 2}, pools: {scratch: {size: 1GB}}}').limits;
  const flow = (uses: Record<string, number>, claims: Workflow['claims'] = []): Workflow => {
    return {
      name: 'a',
      collections: {},
      params: {},
      workdir: '/',
      steps: [transferStep('in'), {...jobStep('compute'), uses}],
      claims,
    };
  };
  const scratch = (amount: number | 'auto') => [
    {pool: 'scratch', amount, from: 'in', until: {step: 'compute', has: 'succeeded' as const}},
  ];
  const source = {files: 1, directories: 0, bytes: 2e9, sizes: {}, cut: false, listedAt: 0};
  const told = (...asked: Parameters<typeof findLimits>) => findLimits(...asked).map(({what, exit}) => [what, exit]);
  expect(told(settings, flow({licence: 2}, scratch(1e9)))).toEqual([['its limits are known', undefined]]);
  expect(told(settings, flow({licence: 3}))).toEqual([
    ['step compute: it asks for 3 slots of licence, which has 2 slots', EXIT.usage],
  ]);
  expect(told(settings, flow({server: 1}))).toEqual([['step compute: there is no limit "server"', EXIT.usage]]);
  expect(told(settings, flow({scratch: 1}))).toEqual([['step compute: "scratch" is a pool', EXIT.usage]]);
  expect(told(settings, flow({licence: 1}, scratch(2e9)))[0]?.[0]).toContain(
    'it asks for 2.0 GB of scratch, which has 1.0 GB',
  );
  expect(told(settings, flow({licence: 1}, scratch('auto')), new Map([['in', source]]))[0]?.[0]).toContain(
    'asks for 2.0 GB',
  );
  const cut = new Map([['in', {...source, cut: true, why: 'it has too many files'}]]);
  expect(findLimits(settings, flow({licence: 1}, scratch('auto')), cut)[0]?.next).toEqual([
    'Say an amount in place of auto.',
  ]);
});
