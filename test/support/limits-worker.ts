import {readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {openLimitsDirectory, readMarker} from '../../src/limits/limits-directory.ts';
import {keyPrefix, type LimitEvent, type LimitsState} from '../../src/limits/log.ts';

/**
 * One process that races for the slots of a directory, until it is killed: it claims, works while it is granted, and
 * releases. That it works is a file beside the directory, which is counted: more than there are slots is an error (3).
 *
 * usage: limits-worker.ts DIRECTORY WITNESSES NAME SLOTS USER GROUP ROUNDS
 */
const [directory = '', witnesses = '', name = '', slots = '', user = '', group = '', rounds = ''] =
  process.argv.slice(2);
if (process.getuid?.() === 0 && Number(user) > 0) {
  process.setgroups?.([Number(group)]);
  process.setgid?.(Number(group));
  process.setuid?.(Number(user));
}
const marker = readMarker(directory);
if (marker.is !== 'whole') throw new Error(`${directory} is no directory of limits`);
const limits = openLimitsDirectory(directory, marker.value);
const by = `${name}:${process.pid}`;
const free = () => 0;
const ask = (wanted: (state: LimitsState) => readonly LimitEvent[]) =>
  limits.settle({wanted, free, by, clock: Date.now});

// Whoever had this name before is dead: that it works no more is certain, and what it held is released.
const ended = (key: string) => {
  rmSync(join(witnesses, key.replaceAll('/', '-')), {force: true});
  ask(({claims}) => (claims.has(key) ? [{do: 'release', key, why: 'it has ended'}] : []));
};
const mine = keyPrefix(limits.me) + name;
for (const {key, holder} of limits.read().claims.values()) if (holder.home === name && key.startsWith(mine)) ended(key);

for (let round = 0; round < Number(rounds); round++) {
  const key = `${mine}/${process.pid}.${round}`;
  const wants = [{limit: 'slot', amount: 1}];
  const claim = {do: 'claim', key, wants, holder: {who: name, home: name}} as const;
  let state = ask(({claims}) => (claims.has(key) ? [] : [claim]));
  while (!state.claims.get(key)?.granted) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    state = ask(() => []);
  }
  writeFileSync(join(witnesses, key.replaceAll('/', '-')), '');
  if (readdirSync(witnesses).length > Number(slots)) process.exit(3);
  await new Promise((resolve) => setTimeout(resolve, 1));
  if (readdirSync(witnesses).length > Number(slots)) process.exit(3);
  ended(key);
}
