import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {localWorld, type World} from '../../support/world.ts';

// Real processes and a service that moves data slowly: what people are told of how long it will take.

let world: World;
beforeAll(async () => {
  world = await localWorld();
  await world.stage('local', 'rate', '100k');
}, 60_000);
afterAll(() => world.close());

function put(path: string, bytes: number): void {
  const file = world.path('archive', path);
  mkdirSync(dirname(file), {recursive: true});
  writeFileSync(file, Buffer.alloc(bytes, 1));
}

interface StepDocument {
  readonly bytesTransferred?: number;
  readonly bytesExpected?: number;
  readonly secondsRemaining?: number;
  readonly noEstimate?: string;
}

/** How a step is shown once some of its data has been moved. */
async function shown(run: string, step: string): Promise<StepDocument & {readonly at: number}> {
  return world.waitFor(`bytes of ${run} ${step}`, async () => {
    const found = (await world.status(run)).steps.find((one) => one.step === step) as StepDocument | undefined;
    const moved = found?.bytesTransferred ?? 0;
    return moved > 200_000 && found && {...found, at: Date.now()};
  });
}

test('six equal files: the total is on record before they are moved, and the time that is told is right', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) put(`six/${name}`, 250_000);
  const began = await world.stage('run', '--name', 'six', '--stage-in', 'archive:/six/=cluster:/six/');
  expect(began.exitCode, began.stderr).toBe(0);
  const [step] = (await world.status('six.1')).steps;
  const fact = world.fact('six.1', `${step?.step}.1.transfer.source.json`);
  expect(fact).toMatchObject({files: 6, directories: 1, bytes: 1_500_000, cut: false, sizes: {6: [6, 1_500_000]}});
  const seen = await shown('six.1', step?.step ?? '');
  expect(seen).toMatchObject({bytesExpected: 1_500_000});
  expect((await world.stage('status', 'six.1')).stdout).toMatch(/ of 1\.5 MB .*about \d+ s left/);
  expect((await world.stage('why', 'six.1')).stdout.replace(/\s+/g, ' ')).toMatch(/ of 1\.5 MB, .*about \d+ s left/);
  await world.ended('six.1');
  const took = (Date.now() - seen.at) / 1000;
  // The look that seals the run comes a moment after the end.
  expect(seen.secondsRemaining).toBeGreaterThan(0);
  expect(Math.abs((seen.secondsRemaining ?? 0) - took)).toBeLessThan(0.2 * took + 5);
});

test('a source that was not there at the check is listed by the process that submits its transfer', async () => {
  put('later/x', 100);
  const text = `name: chain\nsteps:
  in: {transfer: {from: "archive:/later/", to: "cluster:/mid/"}}
  out: {needs: [in], transfer: {from: "cluster:/mid/", to: "archive:/back/"}}\n`;
  expect((await world.stage('run', world.write('chain.yaml', text))).exitCode).toBe(0);
  expect(await world.ended('chain.1', 60)).toMatchObject({state: 'succeeded'});
  expect(world.fact('chain.1', 'out.1.transfer.source.json')).toMatchObject({files: 1, bytes: 100, cut: false});
});

test('a tree that is too wide to be listed in time: no time is told, and why', async () => {
  for (let at = 0; at < 60; at++) put(`wide/d${at}/x`, 10_000);
  const run = await world.stage('run', '--no-check', '--name', 'wide', '--stage-in', 'archive:/wide/=cluster:/wide/');
  expect(run.exitCode, run.stderr).toBe(0);
  const [step] = (await world.status('wide.1')).steps;
  const seen = await shown('wide.1', step?.step ?? '');
  expect(seen.bytesExpected).toBeUndefined();
  expect(seen.secondsRemaining).toBeUndefined();
  expect(seen.noEstimate).toMatch(/listed in part only: it took (more than 40 requests|longer than 4 s)/);
  expect((await world.stage('status', 'wide.1')).stdout.replace(/\s+/g, ' ')).toMatch(
    /no estimate: its source was listed/,
  );
  expect((await world.stage('cancel', 'wide.1')).exitCode).toBe(0);
});
