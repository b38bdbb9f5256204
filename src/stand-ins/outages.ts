import type {OutageTarget, OutageWish} from './outage-modes.ts';

/** An outage as `stage local status` shows it. */
export interface LocalOutage extends OutageWish {
  readonly since: string;
  readonly until: string | null;
  /** requests it has hit */
  readonly hits: number;
}

/** A request that an outage hits. */
export interface Hit {
  readonly target: OutageTarget;
  readonly mode: string;
  readonly retryAfter: number | undefined;
  /** aborts when the outage ends */
  readonly over: AbortSignal;
  /** to be called when the request has been dealt with */
  done(): void;
}

/** The outages under way. They live in memory alone: a new process has none. */
export interface Outages {
  /** An outage of the same target and command takes the place of the one before. */
  begin(wish: OutageWish): void;
  /** @param targets of which the outages end; all when absent */
  end(targets?: readonly OutageTarget[]): void;
  all(): LocalOutage[];
  /** Whether one of them hits this request. Of several, those that name a command come first. */
  strike(concerns: (outage: OutageWish) => boolean): Hit | undefined;
}

interface Running {
  readonly wish: OutageWish;
  readonly begunAt: number;
  readonly over: AbortController;
  timer: NodeJS.Timeout | undefined;
  hits: number;
  /** hits that are still being dealt with */
  open: number;
}

/** @param random a number from 0 up to 1, which decides with a rate below 1 */
export function createOutages(random: () => number = Math.random): Outages {
  let running: Running[] = [];
  const stop = (which: (one: Running) => boolean) => {
    const ending = running.filter(which);
    running = running.filter((one) => !which(one));
    for (const one of ending) {
      clearTimeout(one.timer);
      one.over.abort(new Error('the outage is over'));
    }
  };
  const used = ({wish, hits}: Running) => wish.count !== null && hits >= wish.count;
  return {
    begin(wish) {
      stop(({wish: before}) => before.target === wish.target && before.command === wish.command);
      const one: Running = {
        wish,
        begunAt: Date.now(),
        over: new AbortController(),
        timer: undefined,
        hits: 0,
        open: 0,
      };
      if (wish.seconds !== null) one.timer = setTimeout(() => stop((other) => other === one), wish.seconds * 1000);
      running.push(one);
      running.sort((a, b) => Number(a.wish.command === null) - Number(b.wish.command === null));
    },
    end: (targets) => stop(({wish}) => targets?.includes(wish.target) ?? true),
    all: () =>
      running.map(({wish, begunAt, hits}) => ({
        ...wish,
        since: new Date(begunAt).toISOString(),
        until: wish.seconds === null ? null : new Date(begunAt + wish.seconds * 1000).toISOString(),
        hits,
      })),
    strike(concerns) {
      const one = running.find((each) => !used(each) && concerns(each.wish) && random() < each.wish.rate);
      if (!one) return undefined;
      one.hits++;
      one.open++;
      let isDone = false;
      return {
        target: one.wish.target,
        mode: one.wish.mode,
        retryAfter: one.wish.retryAfter,
        over: one.over.signal,
        done() {
          if (isDone) return;
          isDone = true;
          // Those whom a used-up outage still keeps waiting go on waiting; with the last of them it is over.
          if (--one.open === 0 && used(one)) stop((other) => other === one);
        },
      };
    },
  };
}

/** @returns when one of the signals aborts */
export function whicheverFirst(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  return new Promise((resolve) => {
    if (any.aborted) resolve();
    else any.addEventListener('abort', () => resolve(), {once: true});
  });
}
