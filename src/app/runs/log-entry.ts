/** One line of a collated log. */
export interface LogEntry {
  readonly at: string;
  /** absent for what concerns the run as a whole */
  readonly step?: string;
  readonly attempt?: number;
  readonly source: 'event' | 'stdout' | 'stderr' | 'pbs' | 'stage';
  readonly text: string;
}

export interface LogReport {
  readonly run: string;
  readonly entries: readonly LogEntry[];
}
