// Bundles test/crash/chaos and runs it, as a process of its own, against this build or a copy with a planted fault.
import {spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {rolldown} from 'rolldown';
import {PLANTS} from './chaos-plants.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const argv = process.argv.slice(2);
const planted = argv.indexOf('--plant');
const [, plant] = planted < 0 ? [] : argv.splice(planted, 2);

const directory = mkdtempSync(join(tmpdir(), 'stage-chaos-'));
process.on('exit', () => rmSync(directory, {recursive: true, force: true}));

function plantedCopy(faults) {
  const copy = join(directory, 'package');
  for (const part of ['bin', 'src', 'commands', 'pbs', 'scripts', 'package.json', 'tsconfig.json'])
    cpSync(join(root, part), join(copy, part), {recursive: true});
  symlinkSync(realpathSync(join(root, 'node_modules')), join(copy, 'node_modules'));
  if (existsSync(join(root, '.runtime'))) symlinkSync(realpathSync(join(root, '.runtime')), join(copy, '.runtime'));
  for (const [file, changes] of Object.entries(faults)) {
    let text = readFileSync(join(copy, file), 'utf8');
    for (const [from, to] of changes) {
      if (text.split(from).length !== 2) throw new Error(`${file} holds ${text.split(from).length - 1} times: ${from}`);
      text = text.replace(from, () => to);
    }
    writeFileSync(join(copy, file), text);
  }
  const built = spawnSync(process.execPath, [join(copy, 'scripts', 'build.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (built.status !== 0) throw new Error('the copy with the planted fault cannot be built');
  return copy;
}

const faults = plant === undefined ? undefined : PLANTS[plant];
if (planted >= 0 && !faults) {
  console.error(`--plant takes one of ${Object.keys(PLANTS).join(', ')}`);
  process.exit(2);
}
if (!faults && !existsSync(join(root, 'dist', 'start.cjs'))) {
  console.error('there is no build: npm run build');
  process.exit(2);
}
const target = faults ? plantedCopy(faults) : root;
const build = await rolldown({input: join(root, 'test/crash/chaos/main.ts'), platform: 'node', cwd: root});
await build.write({file: join(directory, 'chaos.mjs'), format: 'esm', codeSplitting: false});
await build.close();
const done = spawnSync(process.execPath, [join(directory, 'chaos.mjs'), ...argv], {
  stdio: 'inherit',
  env: {...process.env, STAGE_TEST_PACKAGE: target},
});
process.exitCode = done.status ?? 1;
