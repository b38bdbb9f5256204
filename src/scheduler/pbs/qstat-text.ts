import type {PbsRecord} from './job-record.ts';

/** One `Job Id:`, `Server:` or `Queue:` block. */
export interface TextBlock {
  readonly id: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * The blocks of `qstat -f`, with or without `-w`, or nothing when the text is cut: every block ends with an empty line.
 * Without `-w` long lines are folded: newline, tab, the rest.
 */
export function readBlocks(stdout: string, heading: 'Job Id' | 'Server' | 'Queue'): readonly TextBlock[] | undefined {
  if (stdout.trim() === '') return [];
  if (!stdout.endsWith('\n\n')) return undefined;
  const unfolded = stdout.replaceAll('\n\t', '');
  const blocks: {id: string; attributes: Map<string, string>}[] = [];
  for (const line of unfolded.split('\n')) {
    const id = line.startsWith(`${heading}: `) ? line.slice(heading.length + 2).trim() : undefined;
    if (id !== undefined) blocks.push({id, attributes: new Map()});
    const attribute = /^ {4}([\w.]+) = (.*)$/.exec(line);
    if (attribute) blocks.at(-1)?.attributes.set(attribute[1] ?? '', attribute[2] ?? '');
  }
  return blocks;
}

export function readQstatText(stdout: string): readonly PbsRecord[] | undefined {
  return readBlocks(stdout, 'Job Id')?.map(({id, attributes}) => ({
    id,
    attribute: (name) => attributes.get(name),
    tag: attributes.has('Variable_List')
      ? (splitVariables(attributes.get('Variable_List') ?? '').get('STAGE_INTENT') ?? '')
      : undefined,
  }));
}

/** `A=x,B=y\,z`: commas inside of values have a backslash, and so has a backslash. */
export function splitVariables(list: string): ReadonlyMap<string, string> {
  const words = list.match(/(?:\\.|[^,\\])+/g) ?? [];
  return new Map(
    words.map((word) => {
      const at = word.indexOf('=');
      return [word.slice(0, at), word.slice(at + 1).replaceAll(/\\(.)/g, '$1')] as const;
    }),
  );
}
