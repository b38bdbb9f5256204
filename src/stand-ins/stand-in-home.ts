import {join} from 'node:path';
import * as z from 'zod/mini';
import {readRecord} from './record.ts';

/** Where the stand-ins keep everything: beside the state directories of the profiles. */
export interface StandInHome {
  readonly root: string;
  readonly pbs: string;
  readonly globus: string;
  /** the PBS commands */
  readonly bin: string;
  /** directories of the collections that exist from the start */
  readonly collections: string;
  readonly socket: string;
  readonly lock: string;
  /** how long a day lasts here */
  readonly day: string;
  readonly running: string;
  readonly log: string;
  /** why the background process could not start the last time */
  readonly failed: string;
  /** friendly names and ids, for those who must not start anything */
  readonly names: string;
  readonly credentials: string;
  /** what the sign-in page of Globus asks for */
  readonly signInCode: string;
}

/** Unix domain sockets allow about 104 bytes of path. */
const SOCKET_PATH_MAX = 100;

export function standInHome(stageHome: string): StandInHome {
  const root = join(stageHome, 'stand-ins');
  const near = join(root, 'socket');
  return {
    root,
    pbs: join(root, 'pbs'),
    globus: join(root, 'globus'),
    bin: join(root, 'bin'),
    collections: join(root, 'collections'),
    socket: Buffer.byteLength(near) <= SOCKET_PATH_MAX ? near : socketElsewhere(root),
    lock: join(root, 'lock'),
    day: join(root, 'day.json'),
    running: join(root, 'running.json'),
    log: join(root, 'daemon.log'),
    failed: join(root, 'failed.json'),
    names: join(root, 'collections.json'),
    credentials: join(root, 'credentials.json'),
    signInCode: join(root, 'globus', 'sign-in-code'),
  };
}

function socketElsewhere(root: string): string {
  const {createHash} = process.getBuiltinModule('node:crypto'); // 6 ms, which every command here would pay
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return join('/tmp', `stage-${process.getuid?.() ?? 0}`, `${name}.socket`);
}

/** Collections that exist from the start, so that there is something to move between. Their ids are fixed: a workflow that names them can be checked before anything runs. */
export const FIRST_COLLECTIONS: Readonly<Record<string, string>> = {
  archive: 'aaaaaaaa-5a5a-4a5a-8a5a-000000000001',
  cluster: 'cccccccc-5a5a-4a5a-8a5a-000000000002',
};

/** Names of the stand-in's collections, whether it runs or not. @throws {DamagedRecord} */
export function collectionNames(home: StandInHome): Readonly<Record<string, string>> {
  return readRecord(home.names, z.record(z.string(), z.string())) ?? FIRST_COLLECTIONS;
}
