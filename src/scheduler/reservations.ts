/** Reservations, for people who ask why their job does not start. Nothing is decided by it. */
export interface Reservation {
  /** as PBS writes it, such as `R12.pbs-sn1` */
  readonly id: string;
  /** `maintenance` keeps whole nodes from everybody's jobs, whatever runs there */
  readonly kind: 'advance' | 'standing' | 'maintenance';
  readonly name?: string;
  /** jobs in this queue run in it */
  readonly queue?: string;
  /** in milliseconds since the epoch */
  readonly start: number;
  readonly end: number;
}

/** Which reservations there are. */
export interface Reservations {
  /**
   * Those that run or are to come, the next one first; of a standing one its next occurrence. Empty where PBS has none,
   * shows none, or cannot be queried: never throws for what PBS says.
   */
  list(now: number): Promise<readonly Reservation[]>;
}
