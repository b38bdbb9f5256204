import {EXIT, StageError} from '../../errors.ts';
import type {EngineContext} from '../context.ts';
import type {LookState} from '../look/state.ts';
import type {KindEnd, PartKind} from './kinds.ts';
import {openPartNotes} from './notes.ts';
import {type LookPart, runKind} from './part.ts';

/** The most that one kind may take of a look. */
const LIMIT_MS = 60_000;

/** Runs the parts of a look that are due, and notes what it leaves to the next one. */
export class LookParts {
  readonly #context: EngineContext;
  readonly #look: LookState;
  readonly #parts: readonly LookPart[];

  constructor(context: EngineContext, look: LookState, parts: readonly LookPart[]) {
    this.#context = context;
    this.#look = look;
    this.#parts = parts;
  }

  /** Run what is due of a kind. */
  async run(kind: PartKind): Promise<void> {
    const {problems} = this.#look;
    if (!this.#parts.some((one) => one.kind === kind && one.isDue(this.#look))) return;
    const limitMs = this.#limitMs();
    const notes = openPartNotes(this.#context.ledger.layout.cache);
    const end = limitMs > 0 ? await this.#end(kind, limitMs) : ({is: 'left'} as const);
    notes.write(kind, end.is, this.#context.clock());
    if (end.is !== 'done') this.#look.isLeft = true;
    if (end.is === 'hung') problems.push(new PartHangs(kind, end.seconds));
    if (end.is === 'failed') problems.push(new PartFailed(kind, end.why));
  }

  #limitMs(): number {
    const {until = 0} = this.#look.request; // a person waits for it
    return Math.min(LIMIT_MS, until - this.#context.clock());
  }

  async #end(kind: PartKind, limitMs: number): Promise<KindEnd> {
    const {runApart, clock} = this.#context;
    if (runApart) return runApart(kind, limitMs);
    const until = clock() + limitMs;
    return {is: await runKind(this.#context, this.#parts, kind, {isSpent: () => clock() >= until})};
  }
}

const WHAT: Record<PartKind, string> = {
  watches: 'looks at directories for files that arrive',
  housekeeping: 'packing of runs that have ended',
};

/** Work of one kind did not come to its end in its time. */
class PartHangs extends StageError {
  constructor(kind: PartKind, seconds: number) {
    super({
      code: 'PART_HANGS',
      exit: EXIT.unreachable,
      what: `the ${WHAT[kind]} did not end within ${seconds} s`,
      why: 'a file system may not answer; the process that waited for it was ended',
      next: ['Nothing is lost, and everything else went on: the next look tries again.', 'See whether it answers: df'],
    });
  }
}

/** Work of one kind ended with an error. */
class PartFailed extends StageError {
  constructor(kind: PartKind, why: string) {
    super({
      code: 'PART_FAILED',
      exit: EXIT.unreachable,
      what: `the ${WHAT[kind]} failed`,
      why,
      next: ['Nothing is lost, and everything else went on: the next look tries again.'],
    });
  }
}
