import {z} from 'zod';

/** One call of a PBS command, as its client sends it. */
export const pbsCommandSchema = z.object({
  /** `qsub`, `qstat` … */
  command: z.string(),
  argv: z.array(z.string()),
  cwd: z.string(),
  /** it is gone: then `cwd` is the home directory */
  cwdGone: z.boolean().optional(),
  /** $PWD, when it names the current directory */
  pwd: z.string().optional(),
  env: z.record(z.string(), z.string()),
  tz: z.string().optional(),
  user: z.string(),
  /** what qsub read: the script, or its standard input when `name` is null; its bytes where the text is not all of them */
  script: z.object({name: z.string().nullable(), text: z.string(), bytes: z.base64().optional()}).optional(),
  stdin: z.string().optional(),
  /** a person sits at its standard input and output */
  terminal: z.boolean().optional(),
  /** directory of the commands, for the PATH of jobs */
  bin: z.string().optional(),
});

export type PbsCommand = z.infer<typeof pbsCommandSchema>;

/** Where part of an answer goes before the command ends: `qsub -W block=true` prints its id and then waits. */
export type Emit = (part: {readonly stdout?: string; readonly stderr?: string}) => void;
