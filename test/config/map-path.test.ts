import fc from 'fast-check';
import {expect, test} from 'vitest';
import {explainUncovered, type PathMapping, toCluster, toCollection} from '../../src/config/map-path.ts';

const MAPPINGS: readonly PathMapping[] = [
  {cluster: '/lus/eagle/projects', collection: 'eagle', path: '/'},
  {cluster: '/lus/eagle/projects/climate', collection: 'climate', path: '/shared'},
  {cluster: '/home/', collection: 'home', path: '/homes/'},
];

test.each([
  ['/lus/eagle/projects/x/y.nc', {collection: 'eagle', path: '/x/y.nc'}],
  ['/lus/eagle/projects', {collection: 'eagle', path: '/'}],
  ['/lus/eagle/projects/climate/a/', {collection: 'climate', path: '/shared/a/'}],
  ['/lus/eagle/projects/climate2/a', {collection: 'eagle', path: '/climate2/a'}],
  ['/home/ada', {collection: 'home', path: '/homes/ada'}],
  ['/lus/eagle/projects/climate/', {collection: 'climate', path: '/shared/'}],
  ['/lus/eagle/projects/', {collection: 'eagle', path: '/'}],
  ['/home/ada/../bob//x', {collection: 'home', path: '/homes/bob/x'}],
])('the longest mapping that covers %s wins', (path, place) => {
  expect(toCollection(MAPPINGS, path)).toEqual(place);
});

test.each(['/lus/eagle', '/scratch/x', 'home/ada', '', '/home/../etc/passwd'])('no mapping covers "%s"', (path) => {
  expect(toCollection(MAPPINGS, path)).toBeUndefined();
});

test('the way back asks for the same collection, not only for a fitting path', () => {
  expect(toCluster(MAPPINGS, {collection: 'climate', path: '/shared/a'})).toBe('/lus/eagle/projects/climate/a');
  expect(toCluster(MAPPINGS, {collection: 'climate', path: '/other/a'})).toBeUndefined();
  expect(toCluster(MAPPINGS, {collection: 'eagle', path: '/x/'})).toBe('/lus/eagle/projects/x/');
});

test('a directory stays one on the way back, too', () => {
  expect(toCluster(MAPPINGS, {collection: 'climate', path: '/shared/'})).toBe('/lus/eagle/projects/climate/');
});

test('of a path that no mapping covers it is told which ones there are, and how to add one', () => {
  const profile = {name: 'site', configFile: '/c.yaml'};
  expect(explainUncovered(MAPPINGS.slice(0, 1), '/scratch/x/', profile)).toBe(
    'no collection shows the path "/scratch/x/"; profile "site" maps /lus/eagle/projects (eagle:/); write it as collection:path, or add under paths: of the profile in /c.yaml: - { cluster: /scratch, collection: NAME, path: / }',
  );
  expect(explainUncovered([], '/x', profile)).toContain('profile "site" maps no paths');
});

const word = fc.constantFrom('a', 'b', 'ab');
const path = fc.array(word, {maxLength: 3}).map((words) => `/${words.join('/')}`);
const mapping = fc.record({cluster: path, collection: word, path});

test('a place that was found leads back to a path that is found there again', () => {
  fc.assert(
    fc.property(fc.array(mapping, {maxLength: 4}), path, (mappings, asked) => {
      const place = toCollection(mappings, asked);
      const covered = mappings.some(
        ({cluster}) => asked === cluster || asked.startsWith(cluster === '/' ? '/' : `${cluster}/`),
      );
      expect(place !== undefined).toBe(covered);
      if (!place) return;
      const chosen = mappings.filter(({collection}) => collection === place.collection);
      expect(toCluster(chosen, place)).toBeDefined();
    }),
  );
});

test('a longer mapping is never passed over for a shorter one', () => {
  fc.assert(
    fc.property(fc.array(mapping, {maxLength: 4}), path, (mappings, asked) => {
      const place = toCollection(mappings, asked);
      const alone = mappings.flatMap((one) => (toCollection([one], asked) ? [one] : []));
      const longest = Math.max(...alone.map(({cluster}) => cluster.length));
      const best = alone.filter(({cluster}) => cluster.length === longest);
      expect(best.map((one) => toCollection([one], asked))).toEqual(place ? expect.arrayContaining([place]) : []);
    }),
  );
});
