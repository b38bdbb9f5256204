import {percentOf, progressInWords} from '../app/shared/progress-words.ts';
import {renderRun} from '../app/shared/render-status.ts';
import type {RunView, StepView} from '../app/shared/run-view.ts';
import {type Style, spelt, widthOf} from '../app/shared/text-layout.ts';
import {renderTime} from '../base/units.ts';
import {inWords, writeLines} from './output.ts';

export interface LiveView {
  show(view: RunView): void;
  /** nothing of it is left standing: what follows tells how it ended */
  end(): void;
}

/** Where a run is, as it changes: redrawn in place in a terminal, else a line for each change. */
export async function createLiveView(stream: NodeJS.WriteStream, style: () => Style): Promise<LiveView> {
  if (!stream.isTTY) return lineByLine(stream, style());
  // Only a terminal needs it: with what it brings it costs more than an empty Node.js.
  const {createLogUpdate} = await import('log-update');
  return redrawing(stream, style, createLogUpdate(stream, {showCursor: true}));
}

interface Redraw {
  (text: string): void;
  clear(): void;
  done(): void;
}

/** @param style asked for each picture: the terminal may have been resized */
function redrawing(stream: NodeJS.WriteStream, style: () => Style, redraw: Redraw): LiveView {
  let shown: RunView | undefined;
  let drawn: readonly string[] = [];
  const draw = () => {
    if (!shown) return;
    const now = style();
    const text = spelt(
      inWords(shown, (view) => picture(view, now, stream.rows || 24), now),
      now,
    );
    redraw(text);
    drawn = text.split('\n');
  };
  const resized = () => {
    // A terminal that grew narrower has wrapped what stands there: log-update counts the lines that it wrote.
    const columns = stream.columns || 80;
    const more = drawn.reduce((sum, line) => sum + Math.max(0, Math.ceil(widthOf(line) / columns) - 1), 0);
    stream.write('\u001b[2K\u001b[1A'.repeat(more));
    redraw.clear();
    draw();
  };
  stream.on('resize', resized);
  return {
    show(view) {
      shown = view;
      draw();
    },
    end() {
      stream.off('resize', resized);
      redraw.clear();
      redraw.done();
    },
  };
}

/** As much of a run as the terminal has lines for: steps that went well give way first, then those at the end. */
export function picture(view: RunView, style: Style, rows: number): string {
  const whole = renderRun(view, style);
  const room = rows - 1;
  if (heightOf(whole) <= room) return whole;
  const open = view.steps.filter(({state}) => state !== 'succeeded' && state !== 'skipped');
  for (let kept = open.length; kept > 0; kept--) {
    const steps = open.slice(0, kept);
    const rest = view.steps.filter((step) => !steps.includes(step));
    const text = renderRun({...view, steps}, style, rest);
    if (heightOf(text) <= room) return text;
  }
  return renderRun({...view, steps: []}, style, view.steps);
}

function heightOf(text: string): number {
  return text.split('\n').length;
}

/** Progress of a transfer is worth a line at every tenth. */
function lineByLine(stream: NodeJS.WriteStream, style: Style): LiveView {
  const last = new Map<string, string>();
  return {
    show(view) {
      for (const step of view.steps) {
        const key = `${step.state} ${step.reason} ${tenth(step)}`;
        if (last.get(step.step) === key) continue;
        last.set(step.step, key);
        const progress = progressInWords(step);
        const told = [step.state, progress, step.reason].filter((part) => part !== '').join(', ');
        const line = `${renderTime(Date.now())} ${step.step}: ${told}`;
        writeLines(stream, [spelt(line, style)]);
      }
    },
    end() {},
  };
}

/** Of the bytes, and of the files where it is not known how many bytes there are. */
function tenth(step: StepView): number {
  const {filesTransferred = 0, files = 0} = step;
  return Math.floor((percentOf(step) ?? (files > 0 ? (100 * filesTransferred) / files : 0)) / 10);
}
