import {expect, test} from 'vitest';
import {readConfig} from '../../src/config/read-config.ts';

const read = (ways: string) => readConfig(`profiles: {a: {ways: ${ways}}}`, 'config.yaml').profiles.get('a')?.ways;

test('a profile says between which places data is moved otherwise than by Globus', () => {
  expect(
    read(
      '[{from: "theta:/projects/", to: laptop, via: copy, from_at: /lus/theta/, to_at: "ada@laptop:/home/ada/"}, {from: laptop, to: theta, via: command, program: /opt/mover}, {from: a, to: b, via: globus}]',
    ),
  ).toEqual([
    {
      from: {collection: 'theta', path: '/projects/', at: {collection: 'localhost', path: '/lus/theta/'}},
      to: {collection: 'laptop', path: '/', at: {collection: 'ada@laptop', path: '/home/ada/'}},
      via: {by: 'copy'},
    },
    {
      from: {collection: 'laptop', path: '/'},
      to: {collection: 'theta', path: '/'},
      via: {by: 'command', program: '/opt/mover'},
    },
    {from: {collection: 'a', path: '/'}, to: {collection: 'b', path: '/'}, via: undefined},
  ]);
});

test.each([
  ['no way', '[{from: a, to: b}]', 'profiles.a.ways[0]', 'globus, copy or command'],
  ['a copy that does not say where', '[{from: a, to: b, via: copy, from_at: /a}]', 'ways[0]: to_at', ''],
  [
    'a copy between two other hosts',
    '[{from: a, to: b, via: copy, from_at: "x:/a", to_at: "y:/b"}]',
    'ways[0].to_at',
    'another host',
  ],
  ['a command without a program', '[{from: a, to: b, via: command}]', 'ways[0]: program', ''],
  ['a relative program', '[{from: a, to: b, via: command, program: mover}]', 'ways[0].program', 'absolute'],
  ['a place that is none', '[{from: "a:b", to: b, via: globus}]', 'ways[0].from', 'COLLECTION'],
  [
    'a host that ssh would take for an option',
    '[{from: a, to: b, via: copy, from_at: "-x:/a", to_at: /b}]',
    'ways[0].from_at',
    'cannot be a host',
  ],
])('%s: an error that names the key', (_, ways, key, words) => {
  const thrown = (() => {
    try {
      return read(ways);
    } catch (error) {
      return error;
    }
  })();
  const text = JSON.stringify(thrown, Object.getOwnPropertyNames(thrown));
  expect(text).toContain(key);
  expect(text).toContain(words);
});
