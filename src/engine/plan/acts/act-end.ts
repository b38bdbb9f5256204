import type {ActProgress} from '../../../base/act.ts';
import {count, renderBytes} from '../../../base/units.ts';
import type {ActRecord} from '../../../ledger/run-facts.ts';
import type {ActStep} from '../../../workflow/model/workflow.ts';
import type {EndStep} from '../actions.ts';

/** How far an act is, for people. */
export interface ActAmount {
  readonly done: number;
  readonly of: number;
}

type End = Pick<EndStep, 'state' | 'why' | 'final' | 'files'>;

/** How a step ends whose act is done. Pure. What was left alone is not tried again: another attempt would not know what was meant. */
export function endOfAct(step: ActStep, {scope, progress}: Pick<ActRecord, 'scope' | 'progress'>): End {
  const {acted, left, told} = progress;
  const done = doneInWords(step, {scope, progress});
  if (left === 0) return {state: 'succeeded', why: done, files: acted};
  const more = left > told.length ? `; and ${left - told.length} more` : '';
  const why = `${count(left, 'entry').replace('entrys', 'entries')} ${left === 1 ? 'was' : 'were'} left as they are: ${told.join('; ')}${more}; ${done}`;
  return {state: 'failed', why, files: acted, final: true};
}

/** What has been done so far. */
export function doneInWords(step: ActStep, {scope, progress}: Pick<ActRecord, 'scope' | 'progress'>): string {
  const {acted, copied, gone} = progress;
  const entries = (number: number) => `${number} ${number === 1 ? 'entry' : 'entries'}`;
  switch (step.kind) {
    case 'remove': {
      if (scope.things.length === 0) return 'nothing was there';
      const before = gone > 0 ? `; ${gone === 1 ? 'one was' : `${gone} were`} gone already` : '';
      return `${entries(acted)} of ${scope.things.length} removed${before}`;
    }
    case 'move':
      if (!scope.across) return acted > 0 ? 'it was moved' : 'nothing was moved';
      return progress.finished && progress.left === 0
        ? `it was moved to another file system: ${count(copied, 'file')} (${renderBytes(scope.copyBytes)}) copied, compared and removed`
        : `${entries(acted)} of ${scope.things.length} copied to another file system`;
    case 'link': {
      const amount = amountOfAct(step, {scope, progress});
      const others = scope.things.filter(({kind, path}) => kind !== 'file' && path !== '').length;
      const out = others > 0 ? `; ${entries(others)} that ${others === 1 ? 'is' : 'are'} no file left out` : '';
      const copies = copied > 0 ? `, ${copied} of them copied to another file system` : '';
      return `${acted} of ${amount.of} links made${copies}${out}`;
    }
  }
}

/** How much of an act has been seen to. Pure. */
export function amountOfAct(step: ActStep, {scope, progress}: Pick<ActRecord, 'scope' | 'progress'>): ActAmount {
  const things = scope.things.length;
  if (step.kind === 'link') {
    const files = scope.things.filter(({kind}) => kind === 'file').length;
    return {done: progress.done, of: files * step.into.length};
  }
  if (!scope.across) return {done: progress.done, of: things};
  const before: Readonly<Record<ActProgress['part'], number>> = {act: 0, copy: 0, put: things, remove: things + 1};
  return {done: before[progress.part] + progress.done, of: 2 * things + 1};
}
