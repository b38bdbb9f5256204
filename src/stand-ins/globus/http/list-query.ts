import {globToRegExp} from '../copy/glob.ts';
import {badRequest} from './problem.ts';

type Row = Readonly<Record<string, unknown>>;
export type Test = (row: Row) => boolean;

/**
 * Read `filter=field:value,value/field:value`: clauses are and-ed, the values of a clause or-ed; repeated `filter`
 * parameters are or-ed. Pure. Source: Globus Transfer API; requests of globus-cli 3.41.
 *
 * @param fields how each field that may be asked for is compared
 */
export function readFilters(filters: readonly string[], fields: Readonly<Record<string, Compare>>): Test {
  const tests = filters.filter((filter) => filter !== '').map((filter) => readFilter(filter, fields));
  return tests.length === 0 ? () => true : (row) => tests.some((test) => test(row));
}

/** Makes the test of one field's value from what stands after the colon. */
export type Compare = (wanted: string, field: string) => (value: unknown) => boolean;

function readFilter(filter: string, fields: Readonly<Record<string, Compare>>): Test {
  const clauses = splitClauses(filter, fields).map(([field, wanted]) => {
    const test = fields[field]?.(wanted, field);
    if (!test) throw badRequest(`Invalid filter: unknown field '${field}'`);
    return (row: Row) => test(row[field]);
  });
  return (row) => clauses.every((clause) => clause(row));
}

/** A slash starts a new clause only when `field:` of a known form follows: labels may hold slashes themselves. */
function splitClauses(filter: string, fields: Readonly<Record<string, Compare>>): [string, string][] {
  const clauses: [string, string][] = [];
  for (const part of filter.split('/')) {
    const colon = part.indexOf(':');
    const field = part.slice(0, colon);
    const last = clauses.at(-1);
    if (colon > 0 && (field in fields || !last)) clauses.push([field, part.slice(colon + 1)]);
    else if (last) last[1] += `/${part}`;
    else throw badRequest(`Invalid filter: '${filter}' is not of the form field:value`);
  }
  return clauses;
}

/** One of the listed words, whatever their case. */
export const oneOf: Compare = (wanted) => {
  const words = new Set(wanted.toLowerCase().split(','));
  return (value) => words.has(String(value ?? '').toLowerCase());
};

/** `=exact`, `!not`, `~glob`, `!~not glob`, or the plain word; what says not must hold for every one of them. */
export const matching =
  (plain: 'exact' | 'contains', ignoreCase: boolean): Compare =>
  (wanted) => {
    const patterns = wanted.split(',').map((word) => {
      const [, not, sign, text = ''] = /^(!?)([=~]?)(.*)$/s.exec(word) ?? [];
      return {not: not === '!', test: textTest(sign ?? '', text, not === '!' ? 'exact' : plain, ignoreCase)};
    });
    const allowed = patterns.filter((pattern) => !pattern.not);
    const refused = patterns.filter((pattern) => pattern.not);
    return (value) => {
      const text = String(value ?? '');
      return (
        (allowed.length === 0 || allowed.some((pattern) => pattern.test(text))) &&
        !refused.some((pattern) => pattern.test(text))
      );
    };
  };

function textTest(sign: string, text: string, plain: string, ignoreCase: boolean): (value: string) => boolean {
  if (sign === '~') {
    const glob = globToRegExp(text, ignoreCase ? 'i' : '');
    return (value) => glob.test(value);
  }
  if (sign === '=' || plain === 'exact') return (value) => value === text;
  return (value) => value.toLowerCase().includes(text.toLowerCase());
}

/** `from,to`, either side empty; a single value is the lower end. @param read text to something comparable */
export const range =
  (read: (text: string, field: string) => number): Compare =>
  (wanted, field) => {
    const [from = '', to = ''] = wanted.split(',');
    const low = from === '' ? Number.NEGATIVE_INFINITY : read(from, field);
    const high = to === '' ? Number.POSITIVE_INFINITY : read(to, field);
    return (value) => {
      if (value === null || value === undefined) return false;
      const at = read(String(value), field);
      return at >= low && at <= high;
    };
  };

/** `orderby=field DESC,field`: ascending unless it says otherwise. Pure; equal rows keep their order. */
export function readOrder(orderby: string | null, allowed: readonly string[]): (one: Row, other: Row) => number {
  const keys = (orderby ?? '').split(',').flatMap((part) => {
    if (part.trim() === '') return [];
    const [field = '', direction = 'ASC', ...more] = part.trim().split(/\s+/);
    if (!allowed.includes(field) || !/^(asc|desc)$/i.test(direction) || more.length > 0) {
      throw badRequest(`Invalid orderby: '${part.trim()}'`);
    }
    return [{field, sign: /^desc$/i.test(direction) ? -1 : 1}];
  });
  return (one, other) => {
    for (const {field, sign} of keys) {
      const difference = compareValues(one[field], other[field]);
      if (difference !== 0) return sign * difference;
    }
    return 0;
  };
}

function compareValues(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  const [first, second] = [String(one ?? ''), String(other ?? '')];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** `fields=a,b` narrows a document; what identifies it stays. */
export function narrow(row: Row, fields: string | null): Row {
  if (fields === null || fields === '') return row;
  const kept = new Set(['DATA_TYPE', ...fields.split(',').map((field) => field.trim())]);
  return Object.fromEntries(Object.entries(row).filter(([field]) => kept.has(field)));
}

/** `limit` and `offset` as whole numbers within their bounds. */
export function readPage(
  query: URLSearchParams,
  bounds: {standard: number; most: number},
): {limit: number; offset: number} {
  const limit = readCount(query, 'limit', bounds.standard);
  if (limit > bounds.most) throw badRequest(`Invalid limit: at most ${bounds.most}`);
  return {limit, offset: readCount(query, 'offset', 0)};
}

export function readCount(query: URLSearchParams, name: string, standard: number): number {
  const text = query.get(name);
  if (text === null || text === '') return standard;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`Invalid ${name}: '${text}' is not a whole number`);
  return Number(text);
}
