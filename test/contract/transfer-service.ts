import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {TaskId} from '../../src/base/ids.ts';
import type {TransferRequest, Way} from '../../src/base/task-request.ts';
import {TransferRefused, TransferUnreachable} from '../../src/globus-errors.ts';
import type {TransferService} from '../../src/transfer/transfer-service.ts';

/** A transfer service with two collections, and what a test does to the world behind it. */
export interface TransferWorld {
  readonly transfers: TransferService;
  /** ids of collections */
  readonly source: string;
  readonly destination: string;
  /** what is not Globus moves data and no more: it lists and makes no directories, deletes nothing, and has a record of its own */
  readonly movesOnly?: {
    /** how many tasks there are */
    readonly count: () => number;
    readonly via: Way;
    /** it has no word for tasks that are kept from going on */
    readonly knowsNoPause?: true;
  };
  /** an id that no collection has, and one that no task has */
  readonly nobody: string;
  /** a file of the source, with the directories above it */
  put(path: string, content: string): void;
  /** From here on tasks that are not finished stay so; a manager says why. */
  pause(message: string): void;
  /** Let a task, paused or not, come to its good end. */
  finish(task: TaskId): Promise<void>;
  /** Nothing answers any more. */
  goDown(): void;
  comeBack(): void;
  remove(): Promise<void>;
}

/** What every transfer service keeps: the same tests for each. */
export function transferServiceContract(name: string, open: () => Promise<TransferWorld>, movesOnly = false): void {
  describe(name, () => {
    let world: TransferWorld;
    let transfers: TransferService;
    beforeEach(async () => {
      world = await open();
      transfers = world.transfers;
    });
    afterEach(() => world.remove());

    /** of what moves only, nothing of the kind can be asked */
    const ofCollections = movesOnly ? () => {} : test;
    const copyOf = (path: string): TransferRequest => ({
      via: world.movesOnly?.via,
      label: `copy of ${path}`,
      sourceCollection: world.source,
      destinationCollection: world.destination,
      items: [{from: path, to: path, recursive: false}],
      options: {verifyChecksum: true, preserveTimestamp: false, encryptData: false},
    });
    const newId = () => transfers.newSubmissionId(copyOf('/a'));
    const submit = async (path: string) => transfers.submit(await newId(), copyOf(path));
    const count = async () => world.movesOnly?.count() ?? (await transfers.recent()).length;
    const look = async (task: TaskId) => (await transfers.look([task])).get(task);

    test('a submission id is a fresh one each time', async () => {
      expect(await newId()).not.toBe(await newId());
    });

    test('a submission id asked twice is one task; another one is another', async () => {
      world.pause('not yet');
      const id = await newId();
      const task = await transfers.submit(id, copyOf('/a'));
      expect(await transfers.submit(id, copyOf('/a'))).toBe(task);
      expect(await submit('/b')).not.toBe(task);
      expect(await count()).toBe(2);
    });

    test('a submission id is still the same task after an outage, and after the task has ended', async () => {
      world.put('/a', 'hello');
      const id = await newId();
      const task = await transfers.submit(id, copyOf('/a'));
      world.goDown();
      await expect(transfers.submit(id, copyOf('/a'))).rejects.toThrow(TransferUnreachable);
      world.comeBack();
      await world.finish(task);
      expect(await transfers.submit(id, copyOf('/a'))).toBe(task);
      expect(await count()).toBe(1);
    });

    test('a look answers for each task that is asked about, and one that does not exist is unknown', async () => {
      world.pause('not yet');
      const [a, b] = [await submit('/a'), await submit('/b')];
      const nobody = world.nobody as TaskId; // as if a fact held it
      const seen = await transfers.look([a, nobody, b, a]);
      expect([...seen.keys()].sort()).toEqual([a, b, nobody].sort());
      expect(seen.get(a)).toMatchObject({
        kind: 'task',
        task: a,
        label: 'copy of /a',
        sourceCollection: world.source,
        destinationCollection: world.destination,
      });
      expect(seen.get(b)).toMatchObject({task: b, label: 'copy of /b'});
      expect(seen.get(nobody)).toEqual({kind: 'unknown'});
      expect((await transfers.look([])).size).toBe(0);
    });

    test('a task that has arrived has succeeded, and tells what it moved', async () => {
      world.put('/a', 'hello');
      const task = await submit('/a');
      await world.finish(task);
      expect(await look(task)).toMatchObject({kind: 'task', state: 'succeeded'});
      expect(await transfers.moved(task)).toEqual([{from: '/a', to: '/a'}]);
      expect(await transfers.skipped(task, 10)).toEqual({files: [], more: false});
    });

    test('a paused task says why, does not tell yet what it moved, and comes to its end', async () => {
      world.put('/a', 'hello');
      world.pause('tape robot');
      const task = await submit('/a');
      if (world.movesOnly?.knowsNoPause) expect(await look(task)).toMatchObject({state: 'queued'});
      else expect(await look(task)).toMatchObject({state: 'paused'});
      if (!world.movesOnly?.knowsNoPause)
        expect((await transfers.pauses(task)).map(({message}) => message)).toEqual(['tape robot']);
      await expect(transfers.moved(task)).rejects.toThrow(TransferRefused);
      await world.finish(task);
      expect(await look(task)).toMatchObject({state: 'succeeded'});
      expect(await transfers.pauses(task)).toEqual([]);
    });

    test('a task that is cancelled ends as cancelled, and cancelling is safe to repeat', async () => {
      world.pause('not yet');
      const task = await submit('/a');
      for (const _ of [1, 2]) {
        await transfers.cancel(task);
        expect(await look(task)).toMatchObject({state: 'cancelled', label: 'copy of /a'});
      }
    });

    test('a task that has not ended takes another label and deadline, one that has ended does not', async () => {
      world.pause('not yet');
      const task = await submit('/a');
      const deadline = '2030-01-31T17:00:00.000Z';
      await transfers.update(task, {deadline});
      expect(await look(task)).toMatchObject({label: 'copy of /a', deadline: Date.parse(deadline)});
      await transfers.update(task, {label: 'mine'});
      expect(await look(task)).toMatchObject({label: 'mine', deadline: Date.parse(deadline)});
      await transfers.cancel(task);
      await expect(transfers.update(task, {label: 'other'})).rejects.toThrow(TransferRefused);
      expect(await look(task)).toMatchObject({label: 'mine'});
    });

    test('cancelling what has ended or is not known changes nothing, and is no error', async () => {
      world.put('/a', 'hello');
      const task = await submit('/a');
      await world.finish(task);
      await transfers.cancel(task);
      expect(await look(task)).toMatchObject({state: 'succeeded'});
      await transfers.cancel(world.nobody as TaskId); // as if a fact held it
    });

    ofCollections(
      'recent transfers come newest first, without deletions; the unfinished ones alone, and deletions too, when so asked',
      async () => {
        world.put('/a', 'hello');
        const done = await submit('/a');
        await world.finish(done);
        world.pause('not yet');
        const waiting = await submit('/b');
        const deletion = await transfers.submit(await transfers.newSubmissionId(), {
          label: 'a deletion',
          collection: world.destination,
          paths: ['/a'],
          recursive: false,
        });
        const ids = async (query?: {unfinished?: boolean; deletions?: boolean}) =>
          (await transfers.recent(query)).map(({task}) => task);
        expect(await ids()).toEqual([waiting, done]);
        expect(await ids({unfinished: true})).toEqual([waiting]);
        expect(await ids({deletions: true})).toEqual([deletion, waiting, done]);
        expect(await look(deletion)).toMatchObject({kind: 'task', task: deletion, label: 'a deletion'});
      },
    );

    ofCollections('a directory is listed with its files, and a path is known or not', async () => {
      world.put('/in/deep/b', '');
      world.put('/in/a', 'hello');
      const at = (path: string) => ({collection: world.source, path});
      const listed = [...(await transfers.list(at('/in/')))].sort((a, b) => a.name.localeCompare(b.name));
      expect(listed).toMatchObject([
        {name: 'a', type: 'file', sizeBytes: 5},
        {name: 'deep', type: 'dir'},
      ]);
      expect(await transfers.stat(at('/in/a'))).toMatchObject({name: 'a', type: 'file', sizeBytes: 5});
      expect(await transfers.stat(at('/in/deep/'))).toMatchObject({name: 'deep', type: 'dir'});
      expect(await transfers.stat(at('/in/no'))).toBeUndefined();
      expect(await transfers.stat({collection: world.destination, path: '/in/a'})).toBeUndefined();
      await expect(transfers.list(at('/no/'))).rejects.toThrow(TransferRefused);
    });

    ofCollections('one directory is made at a time: not twice, and not below one that is missing', async () => {
      const at = (path: string) => ({collection: world.destination, path});
      await transfers.makeDirectory(at('/new'));
      expect(await transfers.stat(at('/new'))).toMatchObject({name: 'new', type: 'dir'});
      expect(await transfers.list(at('/new'))).toEqual([]);
      await expect(transfers.makeDirectory(at('/new/'))).rejects.toThrow(TransferRefused);
      await expect(transfers.makeDirectory(at('/no/new'))).rejects.toThrow(TransferRefused);
      await transfers.makeDirectory(at('/new/more'));
      expect(await transfers.list(at('/new/'))).toMatchObject([{name: 'more', type: 'dir'}]);
    });

    ofCollections('a collection is shown by its id; one that is not there is refused', async () => {
      expect(await transfers.collection(world.source)).toMatchObject({id: world.source, displayName: 'source'});
      await expect(transfers.collection(world.nobody)).rejects.toThrow(TransferRefused);
    });

    test('while nothing answers, a look is no evidence about any task, and nothing else concludes anything', async () => {
      const task = await submit('/a');
      const id = await newId();
      const place = {collection: world.source, path: '/a'};
      world.goDown();
      const seen = await transfers.look([task, world.nobody as TaskId]);
      // Of a task that stands on no record of its own, nothing has to be asked.
      expect(seen.get(task)?.kind).toBe('no-evidence');
      expect(seen.get(world.nobody as TaskId)?.kind).toBe(movesOnly ? 'unknown' : 'no-evidence');
      const askGlobus = [
        () => transfers.newSubmissionId(),
        () => transfers.events(task),
        () => transfers.recent(),
        () => transfers.skipped(task, 1),
        () => transfers.pauses(task),
        () => transfers.moved(task),
        () => transfers.list(place),
        () => transfers.stat(place),
        () => transfers.makeDirectory(place),
        () => transfers.collection(world.source),
      ];
      for (const ask of [
        () => transfers.submit(id, copyOf('/b')),
        () => transfers.cancel(task),
        ...(movesOnly ? [] : askGlobus),
      ])
        await expect(ask()).rejects.toThrow(TransferUnreachable);
      world.comeBack();
      if (!movesOnly) expect((await transfers.recent()).map((each) => each.task)).toEqual([task]);
      expect(await look(task)).toMatchObject({kind: 'task', task});
    });
  });
}
