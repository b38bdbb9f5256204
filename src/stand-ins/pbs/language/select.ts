/** The text of a select. Source: OpenPBS, decode_select() in attr_resc_func.c. */

export interface ChunkWritten {
  readonly count: number;
  readonly resources: readonly {readonly name: string; readonly value: string}[];
}

/** @returns undefined where qsub says that it is no select */
export function chunksWritten(text: string): readonly ChunkWritten[] | undefined {
  const chunks: ChunkWritten[] = [];
  let rest = text.trimStart();
  for (;;) {
    const count = /^\d+(?=$|[:+])/.exec(rest)?.[0];
    rest = rest.slice(count?.length ?? 0);
    const resources: {name: string; value: string}[] = [];
    if (count === undefined || rest.startsWith(':')) {
      if (count !== undefined) rest = rest.slice(1);
      for (;;) {
        const pair = /^([A-Za-z][\w-]*)=((?:"[^"]*"|'[^']*'|[^"':+\x00-\x1f\x7f-\uffff])*)/.exec(rest);
        // A value may be empty, but not at the end.
        if (!pair || (pair[2] === '' && pair[0].length === rest.length)) return undefined;
        resources.push({name: pair[1] ?? '', value: (pair[2] ?? '').replace(/["']/g, '')});
        rest = rest.slice(pair[0].length);
        if (!rest.startsWith(':')) break;
        rest = rest.slice(1);
      }
    }
    chunks.push({count: count === undefined ? 1 : Number(count), resources});
    if (rest === '') return chunks;
    if (!rest.startsWith('+')) return undefined;
    rest = rest.slice(1);
  }
}
