/**
 * The options of every PBS command, in the notation of getopt(3).
 *
 * Both sides read this table: the client to find the script of a qsub, the server to read everything else.
 * The client is bundled into one small file that must start fast, so this module imports nothing.
 * Source: usage texts and behaviour measured on OpenPBS 23.06.
 */
export const OPTIONS: Readonly<Record<string, string>> = {
  qsub: 'a:A:c:C:e:fhIj:J:k:l:m:M:N:o:p:P:q:r:R:S:u:v:VW:Xz',
  qstat: 'aBD:EfF:GHiJMnpqQrsTtu:wx1',
  qdel: 'W:x',
  qhold: 'h:',
  qrls: 'h:',
  qalter: 'a:A:c:e:h:j:k:l:m:M:N:o:p:P:r:R:S:u:W:',
  qselect: 'a:A:c:h:HJl:N:p:P:q:r:s:t:Tu:x',
  qrerun: 'W:',
  qrun: 'aH:',
  qmove: '',
  qsig: 's:',
  qmsg: 'EO',
  qmgr: 'ac:enz',
  tracejob: 'am:n:slvw:z',
  pbsnodes: 'aC:D:F:jHlLo:r:Ssv',
  pbs_rstat: 'BfFS',
};

export interface GivenOption {
  readonly letter: string;
  /** the option's argument; empty for a flag */
  readonly value: string;
  /** which of the permuted words the value ends, and how many of its characters stand before the value */
  readonly word: number;
  readonly from: number;
}

export interface GivenArguments {
  readonly options: readonly GivenOption[];
  readonly operands: readonly string[];
  /** what getopt itself complains about, without the name of the command: `invalid option -- 'Q'` */
  readonly complaints: readonly string[];
  /** both, in the order in which getopt tells them */
  readonly told: readonly (GivenOption | string)[];
  /** the operands stand behind a `--` */
  readonly dashes: boolean;
  /** options first, operands last: the order GNU getopt leaves behind */
  readonly permuted: readonly string[];
}

/**
 * Read an argument vector as GNU getopt does: options and operands may be mixed, `-ab` is `-a -b`,
 * `-Nname` is `-N name`, and what follows `--` is never an option.
 *
 * @param spec letters, a colon behind each that takes an argument
 */
export function readArguments(argv: readonly string[], spec: string): GivenArguments {
  const told: (GivenOption | string)[] = [];
  const operands: string[] = [];
  const optionWords: string[] = [];
  let dashes = false;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') {
      dashes = true;
      operands.push(...argv.slice(at + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    optionWords.push(word);
    for (let i = 1; i < word.length; i += 1) {
      const letter = word[i] ?? '';
      const position = letter === ':' ? -1 : spec.indexOf(letter);
      if (position < 0) {
        told.push(`invalid option -- '${letter}'`);
        continue;
      }
      if (spec[position + 1] !== ':') {
        told.push({letter, value: '', word: optionWords.length - 1, from: word.length});
        continue;
      }
      const attached = word.slice(i + 1);
      if (attached !== '') told.push({letter, value: attached, word: optionWords.length - 1, from: i + 1});
      else if (at + 1 < argv.length) {
        at += 1;
        optionWords.push(argv[at] ?? '');
        told.push({letter, value: argv[at] ?? '', word: optionWords.length - 1, from: 0});
      } else told.push(`option requires an argument -- '${letter}'`);
      break;
    }
  }
  const options = told.filter((each) => typeof each !== 'string');
  const complaints = told.filter((each) => typeof each === 'string');
  return {
    options,
    operands,
    complaints,
    told,
    dashes,
    permuted: [...optionWords, ...(dashes ? ['--'] : []), ...operands],
  };
}
