import {parseArgs} from 'node:util';
import {chaosPlan} from './chaos-plan.ts';
import {type Played, playChaos} from './play-chaos.ts';

/** What scripts/chaos.mjs runs: N seeds, several at once; a line for each that fails, and the sum at the end. */
const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    seed: {type: 'string', default: '1'},
    keep: {type: 'boolean', default: false},
    at: {type: 'string', default: '6'},
    command: {type: 'string', default: 'sh scripts/chaos.sh'},
  },
});
const count = Number(positionals[0] ?? 20);
const first = Number(values.seed);
const started = Date.now();
const seeds = Array.from({length: count}, (_, index) => first + index);
const played: Played[] = [];

async function worker(): Promise<void> {
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    const result = await playChaos(seed, values.keep);
    played.push(result);
    if (result.wrongs.length > 0) tell(result);
    else if (played.length % 10 === 0) console.log(`${played.length} of ${count} seeds, ${seconds()} s`);
  }
}

function tell({seed, wrongs, kept}: Played): void {
  console.log(`seed ${seed} (${described(seed)}): repeat with ${values.command} 1 --seed ${seed} --keep`);
  for (const {kind, what} of wrongs) console.log(`  ${kind}: ${what}`);
  if (kept) console.log(`  its files: ${kept}`);
}

function described(seed: number): string {
  const {runs, graphs, silent, smallDisk} = chaosPlan(seed);
  const names = [...runs, ...graphs.map(({name, person, steps}) => `${name}: ${steps.length} steps, ${person}`)];
  return [...names, ...(silent ? ['silent'] : []), ...(smallDisk ? ['small disk'] : [])].join(', ');
}

// What is mounted is unmounted at the end of this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const seconds = () => Math.round((Date.now() - started) / 1000);

await Promise.all(Array.from({length: Number(values.at)}, worker));
const sum = (of: (one: Played) => number) => played.reduce((total, one) => total + of(one), 0);
for (const reason of new Set(played.flatMap(({skipped}) => skipped ?? [])))
  console.log(`skipped: the small disk; ${reason}`);
const kinds = (kind: string) => sum(({wrongs}) => wrongs.filter((wrong) => wrong.kind === kind).length);
console.log(
  `${sum(({runs}) => runs)} workflows in ${count} worlds, ${sum(({deaths}) => deaths)} deaths, ${seconds()} s`,
);
console.log(`${count} runs, ${kinds('duplicate')} duplicates, ${kinds('loss')} losses, ${kinds('stuck')} stuck`);
process.exitCode = played.some(({wrongs}) => wrongs.length > 0) ? 1 : 0;
