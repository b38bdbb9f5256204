import fc from 'fast-check';
import {expect, test} from 'vitest';
import {type DiskTrouble, diskTroubles} from './disk-troubles.ts';

/** A disk on which nothing can be made or removed while it is read-only, as on a real one. */
function aDisk() {
  const disk = {full: false, readOnly: false};
  const write = (full: boolean) => {
    if (disk.readOnly) throw new Error('EROFS');
    disk.full = full;
  };
  return Object.assign(disk, {
    fill: () => write(true),
    empty: () => write(false),
    remount(readOnly: boolean) {
      disk.readOnly = readOnly;
    },
  });
}

const step = fc.record({at: fc.nat(20), trouble: fc.constantFrom<DiskTrouble>('full', 'read-only'), lasts: fc.nat(20)});

test('however troubles of a disk overlap, it is read-only or full exactly while one of that kind lasts', () => {
  fc.assert(
    fc.property(fc.array(step, {maxLength: 5}), (all) => {
      const disk = aDisk();
      const troubles = diskTroubles(disk);
      for (let now = 0; now <= 41; now++) {
        for (const {at, trouble, lasts} of all) {
          if (at === now) troubles.begin(trouble);
          if (at + lasts + 1 === now) troubles.end(trouble);
        }
        const lasting = (kind: DiskTrouble) =>
          all.some(({at, trouble, lasts}) => trouble === kind && at <= now && now <= at + lasts);
        expect(disk.readOnly).toBe(lasting('read-only'));
        if (!disk.readOnly) expect(disk.full).toBe(lasting('full'));
      }
    }),
  );
});

test('a calm disk is writable and empty, whatever was to last longer', () => {
  const disk = aDisk();
  const troubles = diskTroubles(disk);
  troubles.begin('full');
  troubles.begin('read-only');
  troubles.calm();
  expect(disk).toMatchObject({full: false, readOnly: false});
});
