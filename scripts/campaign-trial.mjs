// Play campaigns with real processes on the local profile, with deaths, and read what is on record with a reader of its own:
//   npm run trial:campaign -- [SEEDS] [FIRST_SEED]     campaigns of 30 to 50 runs
//   npm run trial:campaign -- --runs 1000              one campaign of so many, without deaths
import {join} from 'node:path';
import {playCampaign} from '../test/campaign/trial.mjs';

const cli = join(import.meta.dirname, '..', 'bin', 'stage');
const argv = process.argv.slice(2);
const runs = argv.indexOf('--runs') >= 0 ? Number(argv[argv.indexOf('--runs') + 1]) : undefined;
const [seeds = '5', first = '1'] = argv.filter((word) => /^\d+$/.test(word));

const trials =
  runs === undefined
    ? Array.from({length: Number(seeds)}, (_, index) => {
        const seed = Number(first) + index;
        return {seed, items: 30 + ((seed * 7) % 21), maxActive: 2 + (seed % 5), deaths: 8, nap: 0.5, seconds: 600};
      })
    : [{seed: 1, items: runs, maxActive: 20, deaths: 0, failing: 100_000, nap: 0.1, people: false, seconds: 7200}];
let wrongs = 0;
for (const trial of trials) {
  const {wrong, problems, ...rest} = await playCampaign(cli, {
    ...trial,
    say: runs ? (line) => console.error(line) : undefined,
  });
  console.log(JSON.stringify(rest));
  for (const what of [...(wrong ?? ['it could not be read']), ...problems]) console.log(`seed ${trial.seed}: ${what}`);
  wrongs += (wrong?.length ?? 1) + problems.length;
}
process.exit(wrongs > 0 ? 1 : 0);
