import {USAGE} from './usage.ts';

/** What a command prints and how it exits. */
export interface PbsAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** An error of the server: its number, and the text that goes behind the name of the command. */
export interface PbsFault {
  /** PBS error number such as 15001; an exit code is this modulo 256 */
  readonly code: number;
  readonly text: string;
}

/** Error numbers and texts of OpenPBS 23.06, with their odd blanks. */
export const FAULT = {
  unknownJob: {code: 15001, text: 'Unknown Job Id'},
  noAttribute: {code: 15002, text: 'Undefined attribute '},
  invalidRequest: {code: 15004, text: 'Invalid request'},
  unauthorized: {code: 15007, text: 'Unauthorized Request '},
  badSignal: {code: 15013, text: 'Unknown/illegal signal name'},
  badState: {code: 15016, text: 'Request invalid for state of job'},
  unknownQueue: {code: 15018, text: 'Unknown queue'},
  queueDisabled: {code: 15021, text: 'Queue is not enabled'},
  queueAccess: {code: 15022, text: 'Access to queue is denied'},
  badUser: {code: 15023, text: 'Bad UID for job execution'},
  limits: {code: 15036, text: 'Job violates queue and/or server resource limits'},
  noDefaultQueue: {code: 15037, text: 'No default queue specified'},
  notRerunnable: {code: 15038, text: 'job is not rerunnable'},
  badGroup: {code: 15045, text: 'Bad GID for job execution'},
  maxQueuable: {code: 15046, text: 'Maximum number of jobs already in queue'},
  arraySize: {code: 15107, text: 'Array job exceeds server or queue size limit'},
  placeAlone: {code: 15111, text: 'Cannot have "place" without "select"'},
  finished: {code: 15139, text: 'Job has finished'},
  finishedSubjob: {code: 15159, text: 'Request invalid for finished array subjob'},
} as const satisfies Record<string, PbsFault>;

export const readOnlyAttribute = (name: string): PbsFault => ({
  code: 15003,
  text: `Cannot set attribute, read only or insufficient permission  ${name}`,
});
export const whileRunning = (name: string): PbsFault => ({
  code: 15015,
  text: `Cannot modify attribute while job running  ${name}`,
});
export const badValue = (name: string): PbsFault => ({
  code: 15014,
  text: `Illegal attribute or resource value${name === '' ? '' : ` ${name}`}`,
});
export const unknownResource = (name: string): PbsFault => ({code: 15035, text: `Unknown resource ${name}`});

/** The exit code of a PBS error: its number modulo 256. */
export function exitCodeOf(fault: PbsFault): number {
  return fault.code % 256;
}

export const silent: PbsAnswer = {stdout: '', stderr: '', exitCode: 0};
export const printed = (stdout: string): PbsAnswer => ({stdout, stderr: '', exitCode: 0});
export const failed = (stderr: string, exitCode: number): PbsAnswer => ({stdout: '', stderr, exitCode});
export function refused(command: string, fault: PbsFault): PbsAnswer {
  return failed(`${command}: ${fault.text}\n`, exitCodeOf(fault));
}

/** Thrown inside one command's handler to end it with a fault of the server. Never leaves the stand-in. */
export class Refusal extends Error {
  readonly fault: PbsFault;
  constructor(fault: PbsFault) {
    super(fault.text);
    this.fault = fault;
  }
}

/** Thrown to end a qsub before there is a job, with what it answers. */
export class Stop extends Error {
  readonly answer: PbsAnswer;
  constructor(answer: PbsAnswer) {
    super('qsub ends here');
    this.answer = answer;
  }
}

export const usageError = (messages: readonly string[]): PbsAnswer =>
  failed(`${messages.map((text) => `qsub: ${text}\n`).join('')}${USAGE.qsub}`, 2);
