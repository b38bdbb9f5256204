import {expect, test} from 'vitest';
import {fingerprint} from '../../../src/workflow/model/fingerprint.ts';
import type {WayBetween} from '../../../src/workflow/model/places.ts';
import {optionsLacking, readHostPlace, wayInWords} from '../../../src/workflow/model/ways.ts';
import {invalidOf, load} from '../support.ts';

const flow = (transfer: string, more = '') => `name: a\nsteps:\n  in:\n${more}    transfer: ${transfer}\n`;
const stepOf = (text: string, options = {}) => load(text, options).steps[0];
const detailsOf = (text: string, options = {}) => invalidOf(() => load(text, options)).details;

const BETWEEN: WayBetween[] = [
  {from: {collection: 'theta', path: '/secret/'}, to: {collection: 'laptop', path: '/'}, via: undefined},
  {
    from: {collection: 'theta', path: '/projects/', at: {collection: 'localhost', path: '/lus/theta/'}},
    to: {collection: 'laptop', path: '/', at: {collection: 'ada@laptop', path: '/home/ada'}},
    via: {by: 'copy'},
  },
  {
    from: {collection: 'laptop', path: '/'},
    to: {collection: 'theta', path: '/'},
    via: {by: 'command', program: '/opt/mover'},
  },
];

test('a step says its way, and its places by host: the cluster, or another one', () => {
  expect(stepOf(flow('{from: "/data/a/", to: "ada@archive:/b/", via: copy}'))).toMatchObject({
    via: {by: 'copy'},
    from: {collection: 'localhost', path: '/data/a/'},
    to: {collection: 'ada@archive', path: '/b/'},
    recursive: true,
  });
  expect(stepOf(flow('{from: "tape:~/a", to: "/b", via: command, program: /opt/mover}'))).toMatchObject({
    via: {by: 'command', program: '/opt/mover'},
    from: {collection: 'tape', path: '/~/a'},
    recursive: false,
  });
});

test.each([
  [
    'a collection by name',
    '{from: "theta:/a", to: "/b", via: copy}',
    ['flow.yaml:4:22: steps.in.transfer.from', '"theta" is a collection'],
  ],
  ['two other hosts', '{from: "a:/a", to: "b:/b", via: copy}', ['steps.in.transfer.to', 'is on another host']],
  [
    'a host that ssh would take for an option',
    '{from: "-oProxyCommand=x:/a", to: "/b", via: copy}',
    ['cannot be a host'],
  ],
  ['a path with ..', '{from: "/a/../b", to: "/c", via: copy}', ['has ".." in it']],
  ['a relative path', '{from: "a", to: "/c", via: copy}', ['is relative']],
  ['no program', '{from: "/a", to: "/b", via: command}', ['add program:']],
  [
    'a program without via: command',
    '{from: "/a", to: "/b", via: copy, program: /x}',
    ['steps.in.transfer.program', 'has no meaning without via: command'],
  ],
  ['a relative program', '{from: "/a", to: "/b", via: command, program: mover}', ['needs the path of a program']],
  ['an unknown way', '{from: "/a", to: "/b", via: rsync}', ['needs one of globus, copy and command']],
  [
    'options that a copy does not have',
    '{from: "/a/", to: "/b/", via: copy, notify: [failed], delete_extra: true}',
    ['steps.in.transfer.notify', 'steps.in.transfer.delete_extra'],
  ],
  ['the same place', '{from: "/a/", to: "localhost:/a/", via: copy}', ['is the same place']],
  ['a directory into a file', '{from: "/a/", to: "/b", via: copy}', ['a directory']],
])('%s: an error with its line', (_, transfer, words) => {
  const details = detailsOf(flow(transfer)).join('\n');
  for (const word of words) expect(details).toContain(word);
});

test('faults that only Globus tells fail no transfer fast that goes another way', () => {
  expect(detailsOf(flow('{from: "/a", to: "/b", via: copy}', '    fail_fast: 10m\n')).join()).toContain(
    'steps.in.fail_fast',
  );
});

test('the profile says the way between two places; the first that covers both counts', () => {
  const options = {ways: BETWEEN};
  expect(stepOf(flow('{from: "theta:/projects/x/", to: "laptop:/in/"}'), options)).toMatchObject({
    via: {by: 'copy'},
    from: {collection: 'localhost', path: '/lus/theta/x/'},
    to: {collection: 'ada@laptop', path: '/home/ada/in/'},
  });
  expect(stepOf(flow('{from: "laptop:/a", to: "theta:/b"}'), options)).toMatchObject({
    via: {by: 'command', program: '/opt/mover'},
    from: {path: '/a'},
  });
  for (const [from, to] of [
    ['theta:/secret/x', 'laptop:/x'],
    ['theta:/projectsx/a', 'laptop:/x'],
    ['theta:/projects/../a', 'laptop:/x'],
  ])
    expect(stepOf(flow(`{from: "${from}", to: "${to}"}`), options)).not.toHaveProperty('via');
});

test('a step that says globus goes by Globus whatever the profile says', () => {
  const options = {ways: BETWEEN};
  expect(stepOf(flow('{from: "laptop:/a", to: "theta:/b", via: globus}'), options)).not.toHaveProperty('via');
});

test('what was written stands on record beside the places that the profile makes of it', () => {
  const {places} = load(flow('{from: "theta:/projects/x/", to: "laptop:/in/"}'), {ways: BETWEEN});
  expect(places).toMatchObject({'theta:/projects/x/': {collection: 'localhost', path: '/lus/theta/x/'}});
});

test('options that the way of the profile does not have are refused, and the way out is named', () => {
  const wrong = detailsOf(flow('{from: "theta:/projects/x/", to: "laptop:/in/", encrypt: true}'), {
    ways: BETWEEN,
  }).join();
  expect(wrong).toContain('the way of the profile between these places');
  expect(wrong).toContain('via: globus');
});

test('the way is part of the fingerprint, and a workflow that names none has the one it had', () => {
  const print = (transfer: string, options = {}) => fingerprint(load(flow(transfer), options), new Map());
  const plain = print('{from: "laptop:/a", to: "theta:/b"}');
  expect(print('{from: "laptop:/a", to: "theta:/b", via: globus}')).toBe(plain);
  expect(print('{from: "laptop:/a", to: "theta:/b"}', {ways: BETWEEN})).not.toBe(plain);
  const mover = (program: string) => print(`{from: "/a", to: "/b", via: command, program: ${program}}`);
  expect(mover('/x')).not.toBe(mover('/y'));
});

test('of options only those are lacking that were said and are on', () => {
  const said = {from: '/a', to: '/b', encrypt: false, sync: 'size', notify: ['failed'], symlinks: 'keep'};
  expect(optionsLacking(said, {by: 'copy'})).toEqual(['notify']);
  expect(optionsLacking({...said, encrypt: true}, {by: 'command', program: '/x'})).toEqual(['notify']);
  expect(wayInWords({by: 'command', program: '/x'})).toBe('command /x');
});

test.each(['/a b', 'host:/a', 'me@host:~', 'localhost:/x'])('%s is a place', (text) => {
  expect(readHostPlace(text)).toMatchObject({path: expect.stringMatching(/^\//)});
});
