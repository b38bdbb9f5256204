import type {SmallDisk} from './small-disk.ts';

export type DiskTrouble = 'full' | 'read-only';

/** Troubles of one disk, which may overlap: it is full, or read-only, until the last trouble of that kind is over. */
export interface DiskTroubles {
  begin(trouble: DiskTrouble): void;
  end(trouble: DiskTrouble): void;
  /** all of them are over */
  calm(): void;
}

export function diskTroubles(disk: Pick<SmallDisk, 'fill' | 'empty' | 'remount'>): DiskTroubles {
  const standing = {full: 0, 'read-only': 0};
  /** What fills the disk can be made and removed only while the disk is writable. */
  function bring(): void {
    disk.remount(standing['read-only'] > 0);
    if (standing['read-only'] > 0) return;
    if (standing.full > 0) disk.fill();
    else disk.empty();
  }
  return {
    begin(trouble) {
      standing[trouble] += 1;
      bring();
    },
    end(trouble) {
      standing[trouble] -= 1;
      bring();
    },
    calm() {
      standing.full = 0;
      standing['read-only'] = 0;
      bring();
    },
  };
}
