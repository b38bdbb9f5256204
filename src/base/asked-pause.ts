/** A pause that a service asked for: until when, in milliseconds since the epoch, and what it said. */
export interface Pause {
  readonly until: number;
  readonly said: string;
}

/** What a service has asked all who ask it to wait for. */
export interface AskedPause {
  /** @returns undefined when it may be asked now */
  now(): Pause | undefined;
  /** @param ms for how long from now */
  remember(ms: number, said: string): void;
}
