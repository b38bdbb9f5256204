import {renderRun, type Style} from '../app/shared/render-status.ts';
import type {RunView, StepView} from '../app/shared/run-view.ts';
import {renderBytes, renderFiles, renderTime} from '../base/units.ts';

export interface LiveView {
  show(view: RunView): void;
  /** leave the last picture standing */
  end(): void;
}

/** Where a run is, as it changes: redrawn in place in a terminal, else a line for each change. */
export function createLiveView(stream: NodeJS.WriteStream, style: Style): LiveView {
  return stream.isTTY ? redrawing(stream, style) : lineByLine(stream);
}

function redrawing(stream: NodeJS.WriteStream, style: Style): LiveView {
  let drawn = 0;
  return {
    show(view) {
      const text = renderRun(view, {...style, width: stream.columns || 80});
      stream.write(`${drawn > 0 ? `\u001b[${drawn}A\u001b[0J` : ''}${text}\n`);
      drawn = text.split('\n').length;
    },
    end() {
      if (drawn > 0) stream.write(`\u001b[${drawn}A\u001b[0J`);
      drawn = 0;
    },
  };
}

/** Progress of a transfer is worth a line at every tenth of its files. */
function lineByLine(stream: NodeJS.WriteStream): LiveView {
  const last = new Map<string, string>();
  return {
    show(view) {
      for (const step of view.steps) {
        const key = `${step.state} ${step.reason} ${tenth(step)}`;
        if (last.get(step.step) === key) continue;
        last.set(step.step, key);
        stream.write(
          `${renderTime(Date.now())} ${step.step}: ${step.state}${progress(step)}${step.reason ? ` (${step.reason})` : ''}\n`,
        );
      }
    },
    end() {},
  };
}

function tenth(step: StepView): number {
  return step.files ? Math.floor((10 * (step.filesTransferred ?? 0)) / step.files) : 0;
}

function progress(step: StepView): string {
  if (step.bytesTransferred === undefined) return '';
  return `, ${renderBytes(step.bytesTransferred)}, ${renderFiles(step.filesTransferred ?? 0, step.files)}`;
}
