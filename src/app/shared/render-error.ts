import type {StageError} from '../../errors.ts';
import {paint, type Style, spelt, wrapped} from './text-layout.ts';

/** The shape of an error under `--json`. Stable: scripts read it. */
export interface ErrorDocument {
  readonly error: {
    readonly code: string;
    readonly exit: number;
    readonly what: string;
    readonly why?: string;
    readonly next: readonly string[];
    readonly details: readonly string[];
  };
}

export function errorDocument(error: StageError): ErrorDocument {
  const {code, exit, message: what, why, next, details} = error;
  return {error: {code, exit, what, why, next, details}};
}

const LABEL = 'error:';

/** An error for people: what happened, each finding, why, what next. */
export function renderError({what, why, next, details}: ErrorDocument['error'], style: Style): string {
  const text = [
    `${LABEL} ${what}`,
    ...details.map((line) => `  ${line}`),
    ...(why ? [`  why: ${why}`] : []),
    ...next.map((line, index) => `${index === 0 ? '  next: ' : '        '}${line}`),
  ].join('\n');
  return paint(LABEL, 'red', style) + wrapped(spelt(text, style), style).slice(LABEL.length);
}
