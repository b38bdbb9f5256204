import {basename} from 'node:path';
import type {Profile} from '../../config/profile.ts';
import {hiddenLines, qsubCommandLine} from '../../scheduler/directives/command-line.ts';
import {readDirectives} from '../../scheduler/directives/read-directives.ts';
import type {JobStep} from '../../workflow/model/workflow.ts';

/** What a person should know of a step's script: lines that have no effect, and lines that PBS reads as comments. Pure. */
export function scriptNotes(step: JobStep, content: Uint8Array, {compute}: Profile): string[] {
  const file = basename(step.script);
  const text = new TextDecoder().decode(content);
  const directives = readDirectives(text);
  const hidden = hiddenLines(directives, qsubCommandLine(directives, step, compute));
  return [
    ...(text.startsWith('#!')
      ? []
      : [`${file}:1: the script has no #! line: it runs with your login shell, unless #PBS -S names another`]),
    ...hidden.map(
      ({key, now, line, written}) =>
        `the ${key === 'extra' ? 'profile' : 'workflow'}’s ${key} ${now} takes the place of #PBS ${written} (${file}:${line})`,
    ),
    ...directives.notes.map(({line, what}) => `${file}:${line}: ${what}`),
  ];
}
