import * as z from 'zod/mini';
import {NOT_COMPILED, parseJson} from '../../base/json.ts';
import type {PbsRecord} from './job-record.ts';

const JobAttributes = z.record(z.string(), z.unknown());
/** `Jobs` is absent when there are none. The head tells a qstat document from any other JSON. */
const QstatDocument = z.object({
  timestamp: z.unknown(),
  pbs_version: z.unknown(),
  Jobs: z.optional(z.record(z.string(), JobAttributes)),
});

/**
 * The jobs in what `qstat -f -F json` printed, or nothing when it is not a whole document: cut short, or spoiled by
 * a value that older encoders do not escape (measured: OpenPBS 20.0 and the tag 23.06.06 print invalid text for some).
 */
export function readQstatJson(stdout: string): readonly PbsRecord[] | undefined {
  const read = QstatDocument.safeParse(parseJson(stdout), NOT_COMPILED);
  if (!read.success) return undefined;
  return Object.entries(read.data.Jobs ?? {}).map(([id, attributes]) => ({
    id,
    attribute: (name) => asText(attributes[name] ?? inGroup(attributes, name)),
    tag: attributes.Variable_List === undefined ? undefined : (tagOf(attributes.Variable_List) ?? ''),
  }));
}

/** `estimated.start_time` is a value inside `estimated`. */
function inGroup(attributes: Readonly<Record<string, unknown>>, name: string): unknown {
  const [group = '', ...rest] = name.split('.');
  const read = JobAttributes.safeParse(attributes[group]);
  return read.success ? read.data[rest.join('.')] : undefined;
}

/** Newer encoders turn every value that looks like JSON into JSON: never compare types, only text. */
function asText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** An empty value makes older encoders lose the variable behind it: it ends up inside the value, as `,NAME=value`. */
function tagOf(variables: unknown): string | undefined {
  if (typeof variables !== 'object' || variables === null) return tagIn(asText(variables) ?? '');
  const found = asText((variables as Record<string, unknown>).STAGE_INTENT); // an object read by a name is all it needs
  if (found !== undefined) return found;
  return Object.values(variables)
    .map((value) => tagIn(asText(value) ?? ''))
    .find((tag) => tag !== undefined);
}

function tagIn(text: string): string | undefined {
  return /(?:^|,)STAGE_INTENT=([^,]*)/.exec(text)?.[1];
}
