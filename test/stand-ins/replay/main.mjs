/**
 * Replay recorded sessions of a real OpenPBS server against the stand-in, and say what differs.
 *
 *   sh scripts/with-node.sh node test/stand-ins/replay/main.mjs DIRECTORY [--only NAME]... [--verbose] [--json FILE] [--patience SECONDS]
 *
 * DIRECTORY holds JSON files, each a list of steps `{cmd, stdout, stderr, rc, note?, user?, cwd?, env?, secs?}`.
 * The stand-in gets the host's name, a home of the same length and the same job numbers, so that texts can be
 * compared as they are; only times, durations, sizes and process numbers are normalised.
 * What the session did without recording it (waiting, writing scripts, clearing away) is in `replay/hidden.mjs`.
 */
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {parseArgs} from 'node:util';
import {prepare} from './hidden.mjs';
import {normalise} from './normalise.mjs';
import {reasonToSkip} from './skip.mjs';
import {openReplayWorld} from './world.mjs';

const CHANGES =
  /\b(qsub|qdel|qrls|qhold|qalter|qmgr|qsig|qrerun|qmove|qmsg|qterm|pbsnodes -[or]|qorder)\b|\b(rm|cp|mv|mkdir)\b/;
/** how much longer a job that was seen to end may take: the real one was waited for, however long it took */
const LONG_MS = 12_000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Run one step until it is as recorded, or for as long as a step that changes nothing may be asked again. */
async function replayStep(world, step, patience) {
  await prepare(world, step);
  const expected = normalise(world.toRecorded({stdout: step.stdout, stderr: step.stderr, rc: step.rc}), step.cmd);
  const until = Date.now() + patience * 1000;
  let helped = false;
  for (;;) {
    const moving = world.moving();
    const got = normalise(world.toRecorded(await world.run(step)), step.cmd);
    if (got.rc === expected.rc && got.stdout === expected.stdout && got.stderr === expected.stderr)
      return {equal: true, expected, got};
    if (CHANGES.test(step.cmd)) return {equal: false, expected, got};
    if (!helped) {
      helped = await world.catchUp(step, got);
      if (helped) continue;
    }
    if (world.hopeless(expected.stdout, got.stdout + got.stderr)) return {equal: false, expected, got};
    const late = world.worthWaiting(expected.stdout, got.stdout) ? LONG_MS : 0;
    if (Date.now() > until + late || !moving) return {equal: false, expected, got};
    await pause(150);
  }
}

async function replayTranscript(file, {patience, verbose}) {
  const steps = JSON.parse(readFileSync(file, 'utf8'));
  const name = basename(file, '.json');
  const world = await openReplayWorld(name, steps);
  const figures = {name, steps: steps.length, equal: 0, different: 0, skipped: 0, reasons: {}, differences: []};
  try {
    for (const [at, step] of steps.entries()) {
      const reason = reasonToSkip(step, name, at);
      if (reason !== undefined) {
        figures.skipped += 1;
        figures.reasons[reason] = (figures.reasons[reason] ?? 0) + 1;
        continue;
      }
      const outcome = await replayStep(world, {...step, at, name}, patience);
      if (outcome.equal) figures.equal += 1;
      else {
        figures.different += 1;
        figures.differences.push({at, cmd: step.cmd, note: step.note, expected: outcome.expected, got: outcome.got});
        if (verbose) show(name, at, step, outcome);
      }
    }
  } finally {
    await world.close();
  }
  return figures;
}

function show(name, at, step, {expected, got}) {
  console.log(
    `--- ${name} [${at}] ${step.user ? `(${step.user}) ` : ''}${step.cmd}${step.note ? `   # ${step.note}` : ''}`,
  );
  for (const part of ['rc', 'stdout', 'stderr']) {
    if (expected[part] === got[part]) continue;
    const [old, now] = [String(expected[part]).split('\n'), String(got[part]).split('\n')];
    for (const line of old.filter((one) => !now.includes(one)).slice(0, 12)) console.log(`  ${part} real  ${line}`);
    for (const line of now.filter((one) => !old.includes(one)).slice(0, 12)) console.log(`  ${part} ours  ${line}`);
    if (old.every((one) => now.includes(one)) && now.every((one) => old.includes(one)))
      console.log(`  ${part} the same lines in another order or number`);
  }
}

const share = (part, whole) => (whole === 0 ? '  –' : `${((100 * part) / whole).toFixed(1)} %`);

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    only: {type: 'string', multiple: true},
    verbose: {type: 'boolean', default: false},
    json: {type: 'string'},
    patience: {type: 'string', default: '3'},
  },
});
const [directory] = positionals;
if (directory === undefined) {
  console.error(
    'usage: sh scripts/with-node.sh node test/stand-ins/replay/main.mjs DIRECTORY [--only NAME] [--verbose] [--json FILE]',
  );
  process.exit(2);
}
const wanted = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .filter((name) => values.only === undefined || values.only.some((start) => name.startsWith(start)))
  .sort();
const all = [];
for (const name of wanted) {
  const figures = await replayTranscript(join(directory, name), {
    patience: Number(values.patience),
    verbose: values.verbose,
  });
  all.push(figures);
  const {steps, equal, different, skipped} = figures;
  const why = Object.entries(figures.reasons).map(([reason, count]) => `${count} ${reason}`);
  console.log(
    `${figures.name.padEnd(36)} ${String(steps).padStart(4)} steps ${String(equal).padStart(4)} equal ` +
      `${String(different).padStart(3)} different ${String(skipped).padStart(4)} skipped ` +
      `${share(equal, equal + different).padStart(8)}${why.length > 0 ? `   (${why.join(', ')})` : ''}`,
  );
}
const total = (part) => all.reduce((sum, figures) => sum + figures[part], 0);
console.log(
  `${'in all'.padEnd(36)} ${String(total('steps')).padStart(4)} steps ${String(total('equal')).padStart(4)} equal ` +
    `${String(total('different')).padStart(3)} different ${String(total('skipped')).padStart(4)} skipped ` +
    `${share(total('equal'), total('equal') + total('different')).padStart(8)}`,
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, undefined, 1)}\n`);
process.exit(0);
