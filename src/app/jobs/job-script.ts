import {isUtf8} from 'node:buffer';
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {RequestWrong} from '../../errors.ts';
import {isJobName, readDirectives} from '../../scheduler/script.ts';
import {wrongLineEnd} from '../shared/line-ends.ts';
import type {SubmitRequest} from './submit-request.ts';

/** @throws {RequestWrong} when it cannot be read, or asks for what stage cannot run */
export function readScript(file: string): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw new RequestWrong(`the script ${file} cannot be read`, {
      why: (error as NodeJS.ErrnoException).code ?? String(error),
    });
  }
  const text = content.toString();
  const lineEnd = wrongLineEnd(file, text);
  if (lineEnd) throw new RequestWrong(`the script ${file} cannot be run`, {code: 'SCRIPT_INVALID', details: [lineEnd]});
  const problems = readDirectives(text).problems.filter(({what}) => !what.includes('-J'));
  if (problems.length > 0)
    throw new RequestWrong(`the script ${file} asks for what cannot be done here`, {
      details: problems.map(({line, what}) => `${file}:${line}: ${what}`),
    });
  return content;
}

/** Without another name a job has that of its script, as with qsub; PBS takes fewer names than a file system does. */
export function requireJobName({jobName, script}: SubmitRequest, text: string): void {
  const name = jobName ?? (readDirectives(text).jobName === undefined ? basename(script) : undefined);
  if (name === undefined || isJobName(name)) return;
  throw new RequestWrong(
    jobName === undefined
      ? `the file name "${name}" cannot be the name of a job`
      : `--job-name "${name}" cannot name a job`,
    {
      why: 'PBS takes 1 to 230 of the characters A-Z a-z 0-9 _ . + -',
      next: ['Give the job another name: --job-name NAME, or a line "#PBS -N NAME" in the script.'],
    },
  );
}

/** Equal for two calls exactly when they ask for the same job: made of everything but the name. */
export function requestFingerprint({name: _, again: __, script: ___, ...rest}: SubmitRequest, content: Buffer): string {
  const hash = createHash('sha256').update(JSON.stringify([content.toString(), rest]));
  // What is not UTF-8 reads alike as text, whatever the bytes.
  if (!isUtf8(content)) hash.update(content);
  return hash.digest('hex').slice(0, 32);
}
