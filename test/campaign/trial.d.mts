/** What one campaign came to (trial.mjs). */
export interface Trial {
  readonly wrong: readonly string[];
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** the most items that were active at a time */
  readonly highest: number;
  readonly executions: number;
  readonly deaths: number;
}

export function playCampaign(
  cli: string,
  options: {readonly seed: number; readonly items: number; readonly maxActive: number; readonly deaths: number},
): Promise<Trial>;
