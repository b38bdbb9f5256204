// Reads what is on record of a campaign, entry by entry in their order, and says what is wrong. It shares no code with
// src/: what it concludes is another opinion.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const six = (number) => String(number).padStart(6, '0');

/**
 * @param state the state directory of a profile
 * @param ran one line for each time that the script of an item ran: the number of the item. Absent: it is not counted
 */
export function checkCampaign(state, name, ran) {
  const directory = join(state, 'campaigns', name);
  const wrong = [];
  const items = new Map(); // number → {state, try, seal}
  const tries = new Map(); // number → how many were admitted
  const tally = {entries: 0, items: 0, admitted: 0, retried: 0, reopened: 0};
  let most = 0;
  let highest = 0;
  let stopped = false;
  const active = () => [...items.values()].filter((item) => item.state === 'active').length;
  for (let position = 1; existsSync(join(directory, 'log', `${six(position)}.json`)); position++) {
    const entry = read(join(directory, 'log', `${six(position)}.json`));
    const say = (what) => wrong.push(`entry ${position}: ${what}`);
    tally.entries++;
    if (entry.position !== position) say('it stands in the place of another one');
    let admits = 0;
    for (const change of entry.changes) {
      const item = items.get(change.number);
      if (change.is === 'defined') most = change.maxActive;
      if (change.is === 'items')
        for (let number = change.first; number < change.first + change.count; number++)
          if (!items.has(number)) items.set(number, {state: 'waiting', try: 1});
      if (change.is === 'paused' || change.is === 'cancelled') stopped = true;
      if (change.is === 'resumed') stopped = false;
      if (change.is === 'dropped') item.state = 'cancelled';
      if (change.is === 'admitted') {
        admits++;
        tally.admitted++;
        if (item?.state !== 'waiting') say(`item ${change.number} is admitted and was ${item?.state}`);
        if (change.try !== (tries.get(change.number) ?? 0) + 1)
          say(`item ${change.number} has its try ${change.try} out of turn`);
        tries.set(change.number, change.try);
        items.set(change.number, {state: 'active', try: change.try});
      }
      if (change.is === 'ended') {
        if (item?.state !== 'active' || item.try !== change.try)
          say(`item ${change.number} ends and was ${item?.state}`);
        items.set(change.number, {state: change.state, try: change.try, seal: change.seal});
      }
      if (change.is === 'retried') {
        tally.retried++;
        if (!['succeeded', 'failed', 'cancelled'].includes(item?.state))
          say(`item ${change.number} is retried and was ${item?.state}`);
        items.set(change.number, {state: 'waiting', try: change.try});
      }
      if (change.is === 'reopened') {
        tally.reopened++;
        items.set(change.number, {...item, state: 'active'});
      }
    }
    highest = Math.max(highest, active());
    if (admits > 0 && active() > most) say(`${active()} items are active, and at most ${most} may be`);
    if (admits > 0 && stopped) say('items are admitted while the campaign is stopped');
  }
  const runs = readdirSync(join(state, 'runs')).filter((run) => run.startsWith(`${name}-`) && !run.startsWith('.'));
  for (const run of runs) {
    const [, number, of] = /-(\d+)\.(\d+)$/.exec(run) ?? [];
    if (Number(of) > (tries.get(Number(number)) ?? 0)) wrong.push(`${run} is there, and was not admitted`);
  }
  const sealed = existsSync(join(state, 'sealed')) ? readdirSync(join(state, 'sealed')) : [];
  for (const [number, item] of items) {
    if (!['succeeded', 'failed', 'cancelled'].includes(item.state) || item.seal === undefined) continue;
    const file = `${name}-${six(number)}.${item.try}${item.seal > 0 ? `~${item.seal}` : ''}.json`;
    if (!sealed.includes(file)) continue; // packed away
    const {state: really} = read(join(state, 'sealed', file));
    if (really !== item.state) wrong.push(`item ${number} is on record as ${item.state}, and its run is ${really}`);
  }
  if (ran) {
    const times = new Map();
    for (const number of ran) times.set(number, (times.get(number) ?? 0) + 1);
    for (const [number, {state: end}] of items) {
      const expected = tries.get(number) ?? 0;
      const really = times.get(number) ?? 0;
      if (really > expected) wrong.push(`item ${number} ran ${really} times in ${expected} tries`);
      if (end !== 'cancelled' && end !== 'waiting' && end !== 'active' && really < expected)
        wrong.push(`item ${number} ran ${really} times, and has ended in ${expected} tries`);
    }
    for (const number of times.keys()) if (!items.has(number)) wrong.push(`item ${number} ran, and there is none`);
  }
  tally.items = items.size;
  const counts = {waiting: 0, active: 0, succeeded: 0, failed: 0, cancelled: 0};
  for (const {state: end} of items.values()) counts[end]++;
  return {wrong, counts, highest, most, ...tally};
}

if (process.argv[1] === import.meta.filename) {
  const [state, name] = process.argv.slice(2);
  const found = checkCampaign(state, name);
  console.log(JSON.stringify(found, null, 2));
  process.exit(found.wrong.length > 0 ? 1 : 0);
}
