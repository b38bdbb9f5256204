import {isUtf8} from 'node:buffer';
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {RequestWrong} from '../../errors.ts';
import {type Defaults, findRefused, qsubCommandLine} from '../../scheduler/directives/command-line.ts';
import {isJobName} from '../../scheduler/directives/option-values.ts';
import {readDirectives} from '../../scheduler/directives/read-directives.ts';
import {fileReason} from '../shared/read-batch-file.ts';
import {whatIsNoScript} from '../shared/script-bytes.ts';
import {refusedVariables} from '../shared/script-variables.ts';
import type {SubmitRequest} from './submit-request.ts';

/**
 * The bytes of a script that PBS may take with these flags.
 *
 * @throws {RequestWrong} when it cannot be read, or PBS or stage would not take it
 */
export function readScript(request: SubmitRequest, defaults: Defaults): Buffer {
  const {script} = request;
  const content = readFile(script);
  const noScript = whatIsNoScript(script, content);
  if (noScript !== undefined)
    throw new RequestWrong(`the script ${script} cannot be run`, {code: 'SCRIPT_INVALID', details: [noScript]});
  const directives = readDirectives(content.toString());
  const said = qsubCommandLine(directives, request, defaults);
  const refused = findRefused(directives, said, {array: request.array !== undefined}).filter(
    ({by, option}) => !(by === 'stage' && option === 'J'),
  );
  const wrong = [...refused, ...refusedVariables(directives, ownVariables(request))];
  if (wrong.length > 0)
    throw new RequestWrong(`the script ${script} asks for what cannot be done here`, {
      code: 'SCRIPT_INVALID',
      details: wrong.map(({line, what}) => (line === undefined ? `--resource: ${what}` : `${script}:${line}: ${what}`)),
    });
  return content;
}

/** What its flags set, `NAME=VALUE`, by name. */
export function ownVariables({variables}: SubmitRequest): Record<string, string> {
  return Object.fromEntries(
    variables.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new RequestWrong(`the script ${file} cannot be read`, {
      why: fileReason(error),
    });
  }
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
