import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {localWorld, type World} from '../../support/world.ts';

// Real processes and files: what is named after a try must be where the next step looks for it.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

test('a volume that arrives wrong is packed again under its next name, after its delay, and nothing else is done twice', async () => {
  const at = world.work;
  world.write(
    'pack.sh',
    `#!/bin/sh\necho "pack $ROUND" >> ${at}/volume.ran\necho data > ${world.path('cluster', 'volume')}/$NAME\n`,
  );
  world.write(
    'validate.sh',
    `#!/bin/sh\necho "validate $ROUND $NAME" >> ${at}/volume.ran\ntest -f ${world.path('archive', 'volume')}/$NAME || exit 2\n[ "$ROUND" = 2 ] || exit 65\n`,
  );
  world.write('tell.sh', `#!/bin/sh\necho tell >> ${at}/volume.ran\n`);
  for (const name of ['cluster', 'archive']) mkdirSync(world.path(name, 'volume'), {recursive: true});
  const file = world.write(
    'volume.yaml',
    `name: volume
steps:
  pack:
    job: {script: pack.sh, env: {NAME: "v7.\${{ round }}", ROUND: "\${{ round }}"}}
  send:
    needs: [pack]
    transfer: {from: "cluster:/volume/v7.\${{ round }}", to: "archive:/volume/v7.try\${{ try }}"}
  validate:
    needs: [send]
    delay: 4s
    retries: 3
    redo_from: {step: pack, rounds: 2, at_once_on: [65]}
    job: {script: validate.sh, env: {NAME: "v7.try\${{ try.send }}", ROUND: "\${{ round }}"}}
  tell:
    on_failure_of: [pack, send, validate]
    job: {script: tell.sh}
`,
  );
  await world.stage('run', file);
  const delayed = await world.waitFor('the delay', async () => {
    const step = (await world.status('volume')).steps.find((each) => each.step === 'validate');
    return step?.reason?.includes('delay of 4s') && step;
  });
  expect(delayed.state).toBe('waiting');
  const again = await world.stage('run', file);
  expect(again.exitCode).toBe(0);
  const sealed = await world.ended('volume.1');
  expect(sealed.steps.map(({step, state}) => `${step} ${state}`)).toEqual([
    'pack succeeded',
    'send succeeded',
    'validate succeeded',
    'tell skipped',
  ]);
  const ran = readFileSync(`${at}/volume.ran`, 'utf8');
  expect(ran).toBe('pack 1\nvalidate 1 v7.try1\npack 2\nvalidate 2 v7.try2\n');
  for (const name of ['v7.try1', 'v7.try2'])
    expect(existsSync(`${world.path('archive', 'volume')}/${name}`)).toBe(true);
  for (const attempt of [1, 2]) {
    const end = Number(world.fact('volume.1', `send.${attempt}.outcome.json`).at);
    const begun = Number(world.fact('volume.1', `validate.${attempt}.job.intent.json`).at);
    expect(begun - end).toBeGreaterThanOrEqual(3_900);
  }
  expect(world.fact('volume.1', 'decision.round-1.json')).toMatchObject({step: 'validate', from: 'pack'});
});
