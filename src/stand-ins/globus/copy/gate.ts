/** A door that many pass and one opens and shuts: work stops at it while a task is paused or has lost its turn. */
export interface Gate {
  readonly isOpen: boolean;
  set(open: boolean): void;
  /** @returns undefined when the way is free; else a promise that rejects when the signal aborts */
  pass(signal: AbortSignal): Promise<void> | undefined;
}

export function createGate(): Gate {
  let open = false;
  const waiting = new Set<() => void>();
  return {
    get isOpen() {
      return open;
    },
    set(now) {
      open = now;
      if (!open) return;
      for (const go of waiting) go();
      waiting.clear();
    },
    pass(signal) {
      signal.throwIfAborted();
      return open ? undefined : wait(signal);
    },
  };

  async function wait(signal: AbortSignal): Promise<void> {
    while (!open) {
      await new Promise<void>((resolve, reject) => {
        const stop = () => {
          waiting.delete(go);
          reject(signal.reason);
        };
        const go = () => {
          signal.removeEventListener('abort', stop);
          resolve();
        };
        waiting.add(go);
        signal.addEventListener('abort', stop, {once: true});
      });
    }
  }
}
