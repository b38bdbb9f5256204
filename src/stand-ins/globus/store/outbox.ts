import {join} from 'node:path';
import {z} from 'zod';
import {appendWhole, readJournal} from '../../journal.ts';

const mailSchema = z.object({
  at: z.string(),
  /** user name of the task's owner; the service has no address of a client and writes to people alone */
  to: z.string(),
  task: z.string(),
  label: z.string().nullable(),
  status: z.enum(['SUCCEEDED', 'FAILED', 'INACTIVE']),
});
/** A mail that the service would have sent. */
export type Mail = z.output<typeof mailSchema>;

/** What owners of tasks are told by mail. Nothing is sent: it is written where a person, or a test, can read it. */
export interface Outbox {
  /** A disk that is full loses a mail and ends nothing. */
  send(mail: Omit<Mail, 'at'>): void;
  all(): Mail[];
}

/** @param root directory of the stand-in's state; `mail.jsonl` lies in it */
export function openOutbox(root: string, log: (line: string) => void): Outbox {
  const file = join(root, 'mail.jsonl');
  return {
    send(mail) {
      try {
        appendWhole(file, `${JSON.stringify({at: new Date().toISOString(), ...mail})}\n`);
      } catch (error) {
        log(`mail about task ${mail.task} is lost: ${error}`);
      }
    },
    all: () => readJournal(file, mailSchema),
  };
}
