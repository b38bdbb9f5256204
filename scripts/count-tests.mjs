// Reads what vitest's JSON reporter wrote.
//   node scripts/count-tests.mjs --failed-files FILE   the files with a failed test, in one line; nothing when there are many
//   node scripts/count-tests.mjs ALL [AGAIN]           "N passed, N failed", with AGAIN's word on the files that ran again
import {readFileSync} from 'node:fs';
import {relative} from 'node:path';

/** More than these are no hiccup. */
const MOST = 8;

const argv = process.argv.slice(2);
const read = (file) => JSON.parse(readFileSync(file, 'utf8')).testResults;
const hasFailed = (file) => file.status === 'failed';

if (argv[0] === '--failed-files') {
  const failed = read(argv[1]).filter(hasFailed);
  if (failed.length <= MOST) console.log(failed.map(({name}) => relative(process.cwd(), name)).join(' '));
} else {
  // In the order of the shell's pattern: again.json before all.json.
  const files = new Map();
  for (const path of argv.toSorted().reverse()) for (const file of read(path)) files.set(file.name, file);
  const tests = [...files.values()].flatMap(({assertionResults}) => assertionResults);
  const broken = [...files.values()].filter((file) => hasFailed(file) && file.assertionResults.length === 0);
  const count = (status) => tests.filter((test) => test.status === status).length;
  console.log(`${count('passed')} passed, ${count('failed') + broken.length} failed`);
}
