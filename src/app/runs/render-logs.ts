import {largest, renderTime} from '../../base/units.ts';
import {pad, paint, type Style, widthOf} from '../shared/layout.ts';
import type {LogEntry, LogReport} from './log-entry.ts';

/** Time, step, source, text: one line each, so that grep finds what it is about. */
export function renderLogs(report: LogReport, style: Style): string {
  if (report.entries.length === 0) return `${report.run} has said nothing yet.`;
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
