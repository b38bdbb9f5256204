import {statSync} from 'node:fs';
import {join} from 'node:path';
import type {ServerNames} from '../job-id.ts';

/** A path of `-o` or `-e` as a job keeps it: `host:/absolute`, with a slash behind a directory that exists. */
export function outputPath(text: string, workdir: string, names: ServerNames): string | undefined {
  const match = /^([A-Za-z0-9.-]+):(.*)$/.exec(text);
  if (match && names.server !== match[1] && !names.aliases.includes(match[1] ?? '')) return undefined;
  const given = match ? (match[2] ?? '') : text;
  if (given === '') return undefined;
  const path = given.startsWith('/') ? given : join(workdir, given);
  let slash = '';
  try {
    if (!path.endsWith('/') && statSync(path).isDirectory()) slash = '/';
  } catch {
    // it may come to be before the job ends
  }
  return `${names.server}:${path}${slash}`;
}
