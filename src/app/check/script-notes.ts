import {basename} from 'node:path';
import type {Profile} from '../../config/profile.ts';
import type {Accounts} from '../../disk/users.ts';
import {hiddenLines, qsubCommandLine} from '../../scheduler/directives/command-line.ts';
import {readAssignments} from '../../scheduler/directives/job-attributes.ts';
import {readDirectives} from '../../scheduler/directives/read-directives.ts';
import type {Option} from '../../scheduler/directives/words.ts';
import type {JobStep} from '../../workflow/model/workflow.ts';

/**
 * What a person should know of a step's script: lines that have no effect, lines that PBS reads as comments, and users
 * and groups that are not known. Pure, as far as `accounts` is.
 */
export function scriptNotes(step: JobStep, content: Uint8Array, {compute}: Profile, accounts: Accounts): string[] {
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
    ...directives.options.flatMap((option) =>
      unknownNames(option, accounts).map((what) => `${file}:${option.line}: ${what}`),
    ),
  ];
}

/** Names with a host are for that host, which is not this one. */
function unknownNames({letter, value = '', raw}: Option, accounts: Accounts): string[] {
  const lists = letter === 'u' ? [{name: 'user_list', value}] : letter === 'W' ? (readAssignments(value) ?? []) : [];
  return lists.flatMap(({name, value: list}) => {
    const kind = KINDS[name];
    if (kind === undefined) return [];
    const unknown = list.split(',').filter((one) => !one.includes('@') && accounts[kind](one.trim()) === false);
    return unknown.map(
      (one) =>
        `this host knows no ${kind} "${one.trim()}", and PBS refuses the job where it knows none either (#PBS ${raw})`,
    );
  });
}

const KINDS: Readonly<Record<string, keyof Accounts>> = {user_list: 'user', group_list: 'group'};
