import {setImmediate as giveWay} from 'node:timers/promises';

/** Between pieces of work that wait for nothing: who has worked for long enough lets requests and timers have their turn. */
export interface Turns {
  /** @returns undefined when there is no need yet */
  next(): Promise<void> | undefined;
}

/** @param longestMs time that may pass without giving way */
export function createTurns(longestMs: number): Turns {
  let since = performance.now();
  const give = async (): Promise<void> => {
    await giveWay();
    since = performance.now();
  };
  return {next: () => (performance.now() - since < longestMs ? undefined : give())};
}
