import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, expect, test, vi} from 'vitest';
import {stringify} from 'yaml';
import {OTHER_DISK} from '../files/play-act.ts';
import {localWorld} from '../support/world.ts';

// Real processes are killed while they link, move and remove.

vi.setConfig({maxConcurrency: 4, testTimeout: 120_000});

const world = await localWorld({mortal: true});
const other = mkdtempSync(join(OTHER_DISK ?? world.work, 'stage-acts-'));
afterAll(async () => {
  rmSync(other, {recursive: true, force: true});
  await world.close();
});

const POINTS = [
  'after fact spread.1.act.intent-1',
  'after link spread.1',
  'after copy shift.1',
  'after fact shift.1.act.progress-2',
  'after put shift.1',
  'after remove shift.1',
  'before remove clean.1',
  'after fact clean.1.act.progress-1',
];

/** `in/a` is linked into two directories, moved to another file system, and its links are removed. */
function prepared(name: string) {
  const at = join(world.work, name);
  for (const directory of ['in', 'one', 'two']) mkdirSync(join(at, directory), {recursive: true});
  writeFileSync(join(at, 'in/a'), name);
  const steps = {
    spread: {link: {from: `${at}/in`, into: [`${at}/one`, `${at}/two`]}},
    shift: {needs: ['spread'], move: {from: `${at}/in/a`, to: `${other}/${name}`, below: [at, other]}},
    clean: {needs: ['shift'], remove: {path: [`${at}/one`, `${at}/two/a`], below: at}},
  };
  return {at, file: world.write(`${name}.yaml`, stringify({name, steps}))};
}

test.concurrent.each(POINTS.map((point, index) => [point, `acts-${index}`] as const))(
  'killed %s and looked at again, files are linked, moved and removed once',
  async (point, name) => {
    const {at, file} = prepared(name);
    world.points.set(`${point} of ${name}.1`);
    await world.stage('run', file);
    // No job is in the queue that would look: the command is typed again.
    await world.stage('run', file);
    const sealed = await world.ended(`${name}.1`);
    expect({state: sealed.state, why: sealed.why}).toMatchObject({state: 'succeeded'});
    expect(world.points.stands(`${point} of ${name}.1`)).toBe(false);
    expect([readdirSync(at), readdirSync(join(at, 'two')), readdirSync(join(at, 'in'))]).toEqual([
      ['in', 'two'],
      [],
      [],
    ]);
    expect(readFileSync(join(other, name), 'utf8')).toBe(name);
    expect(readdirSync(other).filter((each) => each.startsWith('.stage-') && each.includes(name))).toEqual([]);
    const told = (await world.stage('status', name, '--json')).stdout;
    expect(told).toContain('it was moved to another file system: 1 file');
  },
);
