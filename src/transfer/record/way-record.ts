import {join} from 'node:path';
import * as z from 'zod/mini';
import type {TransferRequest} from '../../base/task-request.ts';
import {ensureDirectory} from '../../disk/directories.ts';
import {createFact, type FactValue, namesIn} from '../../disk/facts.ts';
import {type FactKind, readFact} from '../../disk/read-fact.ts';
import {TransferUnreachable} from '../../globus-errors.ts';
import type {TaskChange, TransferTask} from '../transfer-service.ts';

// What is on record of a task that another way than Globus moves: facts in a directory of its own, `ways/SUBMISSION-ID/` of
// the state directory (docs/formats/ledger.md).

const text = z.string();
const time = z.number();
const item = z.looseObject({from: text, to: text, recursive: z.boolean()});
const request = z.looseObject({
  label: text,
  via: z.looseObject({by: text, program: z.optional(text)}),
  sourceCollection: text,
  destinationCollection: text,
  items: z.array(item),
  options: z.looseObject({verifyChecksum: z.boolean(), preserveTimestamp: z.boolean(), encryptData: z.boolean()}),
}) as unknown as z.ZodMiniType<TransferRequest>; // what stage wrote: the workflow's schema let it through

const ASKED: FactKind<Asked> = {
  what: 'what is asked of another way than Globus',
  schema: z.looseObject({at: time, request}),
};
const CHANGE: FactKind<TaskChange & {readonly at: number}> = {
  what: 'a change of a task',
  schema: z.looseObject({at: time, label: z.optional(text), deadline: z.optional(text)}),
};
const CANCEL: FactKind<{readonly at: number; readonly why?: string | undefined}> = {
  what: 'the end that a task was asked for',
  schema: z.looseObject({at: time, why: z.optional(text)}),
};
const ENDED: FactKind<{readonly seen: TransferTask}> = {
  what: 'the end of a task',
  schema: z.looseObject({
    seen: z.looseObject({kind: z.literal('task'), task: text, state: z.enum(['succeeded', 'failed', 'cancelled'])}),
  }) as unknown as z.ZodMiniType<{readonly seen: TransferTask}>, // what stage wrote
};

/** What a task was asked for. */
export interface Asked {
  readonly at: number;
  readonly request: TransferRequest;
}

/** What is on record of one task. All readers throw {@link TransferUnreachable} for a fact that cannot be used. */
export class WayRecord {
  readonly directory: string;

  constructor(ways: string, submissionId: string) {
    this.directory = join(ways, submissionId);
  }

  /** Put on record what is asked, unless it is. @returns what counts */
  ask(asked: Asked & {readonly by: string}): Asked {
    ensureDirectory(this.directory);
    this.create('asked', {...asked});
    return this.asked ?? asked;
  }

  get asked(): Asked | undefined {
    return this.read('asked', ASKED);
  }

  get cancelled(): {readonly at: number; readonly why?: string | undefined} | undefined {
    return this.read('cancel', CANCEL);
  }

  get ended(): TransferTask | undefined {
    return this.read('ended', ENDED)?.seen;
  }

  /** The changes of label and deadline, as they count now. */
  get changed(): TaskChange {
    const numbers = this.#changes();
    return numbers.reduce<TaskChange>((all, number) => {
      const {label, deadline} = this.read(`change-${number}`, CHANGE) ?? {};
      return {label: label ?? all.label, deadline: deadline ?? all.deadline};
    }, {});
  }

  change(change: TaskChange, at: number): void {
    let number = (this.#changes().at(-1) ?? 0) + 1;
    while (!this.create(`change-${number}`, {at, ...change})) number += 1;
  }

  #changes(): number[] {
    return namesIn(this.directory)
      .flatMap((name) => {
        const [, number] = /^change-(\d+)\.json$/.exec(name) ?? [];
        return number === undefined ? [] : [Number(number)];
      })
      .sort((one, other) => one - other);
  }

  /** @returns false when it existed already */
  create(name: string, value: FactValue): boolean {
    return createFact(this.directory, name, value);
  }

  read<T>(name: string, kind: FactKind<T>): T | undefined {
    const read = readFact(this.directory, name, kind);
    if (read.is === 'absent') return undefined;
    if (read.is === 'whole') return read.value;
    throw new TransferUnreachable(read.path, read.why, {service: 'The record of the transfer'});
  }
}
