import {parseJson} from '../base/json.ts';
import type {KindEnd, RunApart} from '../engine/parts/kinds.ts';
import {type ApartEnd, runApart} from '../process/run-apart.ts';

/** Of its time so much is for its own end: what it is doing then, and the start of the process. */
const OWN_SHARE = 0.7;

/** Runs the parts of a look by a process of `stage` itself. @param cli how that is called */
export function partsByStage({cli, profile}: {readonly cli: string; readonly profile: string}): RunApart {
  return async (kind, limitMs) => {
    const seconds = Math.max(1, Math.floor((limitMs * OWN_SHARE) / 1000));
    const argv = ['part', kind, '--seconds', String(seconds), '--profile', profile, '--json'];
    return readEnd(await runApart(cli, argv, {limitMs}), limitMs);
  };
}

/** What a process that ran the parts of a kind came to. Pure. */
export function readEnd(ended: ApartEnd, limitMs: number): KindEnd {
  if (ended.is === 'hung') return {is: 'hung', seconds: Math.round(limitMs / 1000)};
  const said = parseJson(ended.stdout) as
    | {readonly end?: unknown; readonly error?: {readonly what?: unknown}}
    | undefined; // any JSON
  if (ended.exitCode === 0 && (said?.end === 'done' || said?.end === 'left')) return {is: said.end};
  const what = typeof said?.error?.what === 'string' ? said.error.what : ended.stderr.trim().split('\n').at(-1);
  return {is: 'failed', why: what || `it ended with ${ended.exitCode ?? 'a signal'}`};
}
