import {failed, type PbsAnswer} from '../answer.ts';
import {USAGE} from '../usage.ts';

/** A qsub that ends before there is a job, with what it answers. */

export class Stop extends Error {
  readonly answer: PbsAnswer;
  constructor(answer: PbsAnswer) {
    super('qsub ends here');
    this.answer = answer;
  }
}

export const usageError = (messages: readonly string[]): PbsAnswer =>
  failed(`${messages.map((text) => `qsub: ${text}\n`).join('')}${USAGE.qsub}`, 2);
