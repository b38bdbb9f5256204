import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openPbsStandIn} from '../../../src/stand-ins/pbs/pbs-stand-in.ts';
import {openWorld, type World} from './support/world.ts';

// What lies on disk is damaged: a server that took it for absent would say "Unknown Job Id" of a job that exists.

let world: World;
beforeEach(async () => {
  world = await openWorld();
  world.script('ok.sh', '#!/bin/bash\necho out\n');
});
afterEach(() => world.close());

const DAMAGES = {
  emptied: () => '',
  'cut short': (text: string) => text.slice(0, Math.floor(text.length / 2)),
  garbled: (text: string) => text.replace(/[{"e]/g, '\u0007'),
  'of another kind': () => '{"weather": "fair"}',
};

test('the record of a job or the settings, damaged in any way, keep the server from starting, and are named', async () => {
  const id = await world.qsub('-h ok.sh');
  await world.daemon().close();
  for (const name of [`jobs/${id}.json`, 'settings.json']) {
    const file = join(world.root, name);
    const whole = readFileSync(file, 'utf8');
    for (const harm of Object.values(DAMAGES)) {
      writeFileSync(file, harm(whole));
      await expect(openPbsStandIn({root: world.root})).rejects.toMatchObject({file, trouble: 'damaged'});
    }
    writeFileSync(file, whole);
  }
  await world.restart('close');
  expect(await world.state(id)).toBe('H');
});

test.each(Object.entries(DAMAGES))(
  'a script that is %s after the submission is not run: its job is held, until it is restored',
  async (_how, harm) => {
    const id = await world.qsub('-h ok.sh');
    const file = join(world.root, 'scripts', `${id}.SC`);
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, harm(whole));
    await world.sh(`qrls ${id}`);
    await world.until('it is held', async () => (await world.job(id))?.Hold_Types === 's');
    expect(await world.job(id)).toMatchObject({job_state: 'H', comment: expect.stringContaining(file)});
    writeFileSync(file, whole);
    await world.sh(`STAGE_LOCAL_USER=root qrls -h s ${id}`);
    expect(await world.finished(id)).toMatchObject({Exit_status: 0});
  },
);
