/** A bounded queue between one that finds work and several that do it: finding waits when it is too far ahead. */
export interface Channel<Value> {
  /** @returns false once the channel is closed */
  push(value: Value): Promise<boolean> | boolean;
  /** @returns undefined once the channel is closed and empty */
  take(): Promise<Value | undefined> | Value | undefined;
  /** No more is coming. @param how `drop` forgets what waits */
  close(how?: 'drop'): void;
}

export function createChannel<Value>(capacity: number): Channel<Value> {
  let waiting: Value[] = [];
  let head = 0;
  let closed = false;
  const takers: ((value: Value | undefined) => void)[] = [];
  let pusher: (() => void) | undefined;

  const next = (): Value | undefined => {
    const value = waiting[head++];
    if (head > 1024 && head * 2 > waiting.length) {
      waiting = waiting.slice(head);
      head = 0;
    }
    if (waiting.length - head < capacity / 2) {
      pusher?.();
      pusher = undefined;
    }
    return value;
  };
  return {
    push(value) {
      if (closed) return false;
      const taker = takers.shift();
      if (taker) {
        taker(value);
        return true;
      }
      waiting.push(value);
      if (waiting.length - head < capacity) return true;
      return new Promise((resolve) => {
        pusher = () => resolve(!closed);
      });
    },
    take() {
      if (head < waiting.length) return next();
      return closed ? undefined : new Promise((resolve) => takers.push(resolve));
    },
    close(how) {
      closed = true;
      if (how === 'drop') {
        waiting = [];
        head = 0;
      }
      pusher?.();
      for (const taker of takers.splice(0)) taker(undefined);
    },
  };
}
