import {type Document, isScalar, LineCounter, parseDocument, visit, type YAMLParseError} from 'yaml';
import {type Path, type Problem, renderPath} from './problems.ts';
import {createFinder, type Found, keyOf, pathOf, startOf} from './yaml-nodes.ts';

/** A YAML text that could be read: its value, and where in the text each part of it stands. */
export interface YamlSource {
  readonly value: unknown;
  /** keys that stand twice and the like: the value can be used to look for further mistakes, but not trusted */
  readonly problems: readonly Problem[];
  /** offset in the text; of the nearest thing around it when there is nothing at the path */
  offsetOf(path: Path, at: 'key' | 'value'): number;
  /** a number or switch as it is written, such as `1.10`; undefined for anything else */
  written(path: Path): string | undefined;
  /** 1-based */
  position(offset: number): {readonly line: number; readonly column: number};
}

/** Mistakes after which nothing more can be said about the text. */
export interface YamlUnreadable {
  readonly mistakes: readonly {readonly line: number; readonly column: number; readonly text: string}[];
}

/** More uses of anchors than any workflow has; what they expand to can grow exponentially. */
const MAX_ALIASES = 100;

/** How messages speak of a file. */
export interface YamlSubject {
  readonly name: string;
  /** what to say of an empty one; absent: it is no mistake, and its value is null */
  readonly empty?: string;
  /** `${{ }}` has a meaning in it */
  readonly placeholders: boolean;
}

const WORKFLOW: YamlSubject = {
  name: 'a workflow',
  empty: 'the file is empty; needs a map with name and steps',
  placeholders: true,
};

/** Read one YAML document (YAML 1.2, keys are text). Never throws for what the text says. */
export function readYaml(text: string, subject: YamlSubject = WORKFLOW): YamlSource | YamlUnreadable {
  return tooDeepAt(text, subject) ?? read(text, subject);
}

const MAX_DEPTH = 100;
const MAX_INDENT = 200;

/**
 * The parser recurses. A file of thousands of open brackets would bring it to the end of the stack, where Node 20
 * may abort the whole process ("RegExpCompiler Allocation failed") instead of throwing: so look before parsing.
 * Each level of nesting takes an open bracket, or a column of spaces, "-" or "?" before the text of a line.
 */
function tooDeepAt(text: string, {name}: YamlSubject): YamlUnreadable | undefined {
  let depth = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const at = (column: number, what: string) => ({
      mistakes: [{line: index + 1, column, text: `${what}; ${name} needs six levels`}],
    });
    const indent = /[^ \t?:-]/.exec(line)?.index ?? line.trimEnd().length;
    if (indent > MAX_INDENT) return at(MAX_INDENT + 1, 'is indented too far');
    for (let column = 0; column < line.length; column++) {
      const char = line[column];
      if (char === '[' || char === '{') depth++;
      if ((char === ']' || char === '}') && depth > 0) depth--;
      if (depth > MAX_DEPTH) return at(column + 1, 'is nested too deeply');
    }
  }
  return undefined;
}

function read(text: string, subject: YamlSubject): YamlSource | YamlUnreadable {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false, // found below, with their path and the place of the first
    stringKeys: true,
    // Whatever a %YAML line says: no dates, no sexagesimal numbers, no merge keys.
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    logLevel: 'error', // no warnings on stderr; 'silent' would also hide a second document
  });
  const position = (offset: number) => {
    const {line, col} = lines.linePos(offset);
    return {line: Math.max(line, 1), column: Math.max(col, 1)};
  };
  const found = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  if (found.length > 0) {
    // One slip makes the parser stumble several times; only the first on a line tells something.
    const located = found.map((error) => ({error, ...position(error.pos[0])}));
    const first = located.filter(({line}, index) => located[index - 1]?.line !== line);
    return {
      mistakes: first.map(({error, line, column}) => ({
        line,
        column,
        text: explainYaml(error, {text, subject}, document, position),
      })),
    };
  }
  const {contents} = document;
  if (subject.empty !== undefined && (contents === null || (isScalar(contents) && contents.value === null)))
    return unreadable(subject.empty);
  let value: unknown;
  try {
    value = document.toJS({maxAliasCount: MAX_ALIASES});
  } catch (error) {
    // What toJS says of an alias without anchor, or of too many, is a ReferenceError.
    if (!(error instanceof ReferenceError)) throw error;
    return explainAlias(document, position);
  }
  const find = createFinder(document);
  return {
    value,
    problems: wrongKeys(document, position),
    offsetOf: (path, at) => offsetOf(find, path, at),
    written: (path) => {
      const node = find(path).value;
      const plain = isScalar(node) && (typeof node.value === 'number' || typeof node.value === 'boolean');
      return plain ? node.source : undefined;
    },
    position,
  };
}

function unreadable(text: string): YamlUnreadable {
  return {mistakes: [{line: 1, column: 1, text}]};
}

/** What the parser says, in our words where people meet it often. */
function explainYaml(
  error: Pick<YAMLParseError, 'code' | 'message' | 'pos'>,
  {text, subject}: {readonly text: string; readonly subject: YamlSubject},
  document: Document,
  position: YamlSource['position'],
): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'a tab indents this line; needs spaces';
    case 'MULTIPLE_DOCS':
      return `a second YAML document starts here; ${subject.name} file holds one`;
    case 'NON_STRING_KEY':
      return `a list or map cannot be a key; needs text${subject.placeholders ? ` (put \${{ }} in quotes)` : ''}`;
    case 'TAG_RESOLVE_FAILED':
      return `${error.message.replace(/^Unresolved tag: /, 'the tag ')} is not known; write plain YAML, without tags`;
  }
  const start = /quote$/.test(error.message) ? openQuoteBefore(document, error.pos[0]) : undefined;
  if (start !== undefined)
    return `a quote is missing: the text that begins on line ${position(start).line} is not closed`;
  const line = text.slice(text.lastIndexOf('\n', error.pos[0] - 1) + 1).split('\n', 1)[0] ?? '';
  const hint = line.includes('${{') ? `; text with \${{ }} inside { } or [ ] must be in quotes` : '';
  return `is not valid YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}${hint}`;
}

/** Where the quoted text starts that ends at an offset: the parser tells only where it gave up. */
function openQuoteBefore(document: Document, end: number): number | undefined {
  let start: number | undefined;
  visit(document, {
    Scalar: (_, {type, range}) => {
      if (type?.startsWith('QUOTE') && range && range[0] < end && range[2] >= end) start = range[0];
    },
  });
  return start;
}

function explainAlias(document: Document, position: YamlSource['position']): YamlUnreadable {
  const mistakes: YamlUnreadable['mistakes'][number][] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return;
      mistakes.push({
        ...position(alias.range?.[0] ?? 0),
        text: `the alias *${alias.source} has no anchor &${alias.source} before it; text that starts with "*" must be in quotes`,
      });
    },
  });
  if (mistakes.length > 0) return {mistakes};
  return unreadable(`its aliases expand to too much; at most ${MAX_ALIASES} are followed`);
}

/** Keys that stand twice in one map, and the one key that JavaScript objects cannot carry safely. */
function wrongKeys(document: Document, position: YamlSource['position']): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Map: (_, map, ancestors) => {
      const first = new Map<string, number>();
      for (const pair of map.items) {
        const key = keyOf(pair);
        const offset = startOf(pair.key) ?? 0;
        const path = [...pathOf([...ancestors, map]), key];
        const before = first.get(key);
        if (before === undefined) first.set(key, offset);
        else problems.push({path, at: 'key', offset, text: `appears twice; first on line ${position(before).line}`});
        if (key === '__proto__') problems.push({path, at: 'key', offset, text: 'cannot be a name; choose another'});
      }
    },
  });
  return problems;
}

function offsetOf(find: (path: Path) => Found, path: Path, at: 'key' | 'value'): number {
  for (let length = path.length; length >= 0; length--) {
    const {key, value} = find(path.slice(0, length));
    // What is missing is shown at the key of what it is missing from.
    const [first, second] = at === 'value' && length === path.length ? [value, key] : [key, value];
    const offset = startOf(first) ?? startOf(second);
    if (offset !== undefined) return offset;
  }
  return 0;
}

/**
 * What is wrong with a file, in the order of its lines: `file:line:column: key: what is wrong`.
 *
 * @param whole how the file itself is called, where a mistake is about all of it; absent: it is not named
 */
export function inFileOrder(
  problems: readonly Problem[],
  yaml: YamlSource,
  file: string,
  whole: string | undefined,
): string[] {
  return problems
    .map((problem) => ({problem, offset: problem.offset ?? yaml.offsetOf(problem.path, problem.at)}))
    .sort((a, b) => a.offset - b.offset)
    .map(({problem: {path, text}, offset}) => {
      const {line, column} = yaml.position(offset);
      const key = renderPath(path) || whole;
      return `${file}:${line}:${column}: ${key ? `${key}: ` : ''}${text}`;
    });
}
