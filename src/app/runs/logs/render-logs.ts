import {largest, renderTime} from '../../../base/units.ts';
import {pad, paint, type Style, widthOf} from '../../shared/text-layout.ts';

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

/** Time, step, source, text: one line each, so that grep finds what it is about. */
export function renderLogs(report: LogReport, style: Style): string {
  if (report.entries.length === 0) return `${report.run} has no events or output yet.`;
  const width = largest(report.entries.map((entry) => widthOf(nameOf(entry))));
  return report.entries
    .map((entry) => {
      const head = `${renderTime(entry.at)} ${pad(nameOf(entry), width)} ${entry.source.padEnd(6)}`;
      return `${paint(head, 'dim', style)} | ${entry.source === 'stderr' ? paint(entry.text, 'yellow', style) : entry.text}`;
    })
    .join('\n');
}

function nameOf(entry: LogEntry): string {
  return `${entry.step ?? '-'}${(entry.attempt ?? 1) > 1 ? `.${entry.attempt}` : ''}`;
}
