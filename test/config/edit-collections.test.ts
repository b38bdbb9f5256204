import fc from 'fast-check';
import {expect, test} from 'vitest';
import {collectionNamesIn, withCollectionName, withoutCollectionName} from '../../src/config/edit-collections.ts';
import {readConfig} from '../../src/config/read-config.ts';

const [ONE, TWO] = ['08925f04-569f-11e7-bef8-22000b9a448b', '61d8a676-447d-11ea-ab4d-0a7959ea6081'];
const SOURCE = `# mine
default_profile: site # the good one
collections: # for all
  theta: ${ONE} # at the lab
profiles:
  site: # here
    scheduler: pbs
`;
const ALL = ['collections'];
const SITE = ['profiles', 'site', 'collections'];
const add = (source: string, at: readonly string[], name: string, id = TWO, force = false) =>
  withCollectionName(source, 'c', at, {name, id: id ?? '', force});

test('a name is added for all or for a profile, and every comment stays', () => {
  const everywhere = add(SOURCE, ALL, 'home');
  const here = add(everywhere.text, SITE, 'home', ONE);
  for (const comment of SOURCE.match(/# .*/g) ?? []) expect(here.text).toContain(comment);
  const config = readConfig(here.text, 'c');
  expect(config.collections).toEqual({theta: ONE, home: TWO});
  expect(config.profiles.get('site')).toMatchObject({collections: {home: ONE}, scheduler: {kind: 'pbs'}});
  expect([everywhere.before, here.before]).toEqual([undefined, undefined]);
});

test.each(['', '# nothing yet\n', 'collections:\n', 'collections: {}\n'])(
  'a file with little in it takes a name, too: %j',
  (source) => {
    expect(readConfig(add(source, ALL, 'home').text, 'c').collections).toEqual({home: TWO});
    if (source !== 'collections:\n')
      // which is a mistake where it stays
      expect(readConfig(add(source, SITE, 'home').text, 'c').profiles.get('site')?.collections).toEqual({home: TWO});
  },
);

test('a name that is in use for another collection is replaced by force alone; the same again changes nothing', () => {
  expect(() => add(SOURCE, ALL, 'theta')).toThrow('"theta" is in use for another collection');
  expect(add(SOURCE, ALL, 'theta', TWO, true)).toMatchObject({before: ONE});
  expect(collectionNamesIn(add(SOURCE, ALL, 'theta', TWO, true).text, 'c', ALL)).toEqual({theta: TWO});
  expect(add(SOURCE, ALL, 'theta', ONE).text).toBe(SOURCE);
});

test('a name is removed from where it stands alone, and an empty map goes with it', () => {
  expect(withoutCollectionName(SOURCE, 'c', SITE, 'theta')).toEqual({text: SOURCE});
  expect(withoutCollectionName(SOURCE, 'c', ALL, 'tehta')).toEqual({text: SOURCE});
  const gone = withoutCollectionName(SOURCE, 'c', ALL, 'theta');
  expect(gone.before).toBe(ONE);
  expect(gone.text).not.toContain('collections');
  expect(gone.text).toContain('default_profile: site # the good one');
});

test.each(['- a\n- b\n', 'text', 'collections: [a]\n', 'a: [\n', 'profiles: {site: 7}\n'])(
  'what is no map of keys is left as it is: %j',
  (source) => {
    const [at] = source.startsWith('profiles') ? [SITE] : [ALL];
    expect(() => add(source, at, 'home')).toThrow(/^c/);
  },
);

test('names come and go in any order without touching one another', () => {
  const name = fc.constantFrom('a', 'b-1', 'C_2');
  const step = fc.record({name, id: fc.constantFrom(ONE, TWO), add: fc.boolean()});
  fc.assert(
    fc.property(fc.array(step, {maxLength: 6}), (steps) => {
      let text = SOURCE;
      const model: Record<string, string> = {theta: ONE};
      for (const {name: one, id, add: adding} of steps) {
        text = adding ? add(text, ALL, one, id, true).text : withoutCollectionName(text, 'c', ALL, one).text;
        if (adding) model[one] = id;
        else delete model[one];
      }
      expect(readConfig(text, 'c').collections).toEqual(model);
      expect(text).toContain('# mine');
    }),
  );
});
