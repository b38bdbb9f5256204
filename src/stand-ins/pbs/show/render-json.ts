import type {Shown} from '../language/attributes.ts';
import {splitForJson} from '../language/variables.ts';

/**
 * `-F json` as this build's encoder (cJSON) writes it: tabs, and every value that reads as JSON becomes that JSON,
 * so `007` is a number and `true` a boolean; only names, accounts and projects are always strings (measured).
 * Pairs instead of objects throughout: a duplicate variable is printed twice.
 */

export type JsonPairs = readonly (readonly [string, JsonNode])[];
export type JsonNode = {readonly raw: string} | {readonly pairs: JsonPairs};

const ALWAYS_TEXT = new Set(['Job_Name', 'Account_Name', 'project']);

export function quoteJson(text: string): string {
  const body = text.replace(/["\\\u0000-\u001f]/g, (char) => {
    const short: Readonly<Record<string, string>> = {
      '"': '\\"',
      '\\': '\\\\',
      '\b': '\\b',
      '\f': '\\f',
      '\n': '\\n',
      '\r': '\\r',
      '\t': '\\t',
    };
    return short[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${body}"`;
}

/** C's `%1.15g` or `%1.17g`. */
function general(value: number, digits: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const exponent = Number(/e([+-]\d+)$/.exec(value.toExponential(digits - 1))?.[1] ?? '0');
  if (exponent >= -4 && exponent < digits) {
    const fixed = value.toFixed(Math.max(0, digits - 1 - exponent));
    return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
  }
  const [mantissa = '', power = ''] = value.toExponential(digits - 1).split('e');
  const shortened = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return `${shortened}e${power.startsWith('-') ? '-' : '+'}${power.replace(/^[+-]/, '').padStart(2, '0')}`;
}

export function showNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const short = general(value, 15);
  const back = Number(short);
  const same = Math.abs(back - value) <= Math.max(Math.abs(back), Math.abs(value)) * Number.EPSILON;
  return same ? short : general(value, 17);
}

function showParsed(value: unknown, indent: number): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return showNumber(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoteJson(value);
  if (Array.isArray(value)) return `[${value.map((item: unknown) => showParsed(item, indent)).join(', ')}]`;
  const pairs = Object.entries(value as object).map(([key, item]): [string, JsonNode] => [
    key,
    {raw: showParsed(item, indent + 1)},
  ]);
  return renderPairs(pairs, indent);
}

/** A value as the encoder sees it: JSON if it reads as such, else a string. */
export function valueNode(text: string, indent: number): JsonNode {
  const trimmed = text.trim();
  if (/^-?\d+\.?\d*([eE][+-]?\d+)?$/.test(trimmed)) return {raw: showNumber(Number(trimmed))};
  if (/^(true|false|null)$/.test(trimmed)) return {raw: trimmed};
  if (/^[[{"]/.test(trimmed)) {
    try {
      const parsed: unknown = JSON.parse(trimmed);
      return {raw: showParsed(parsed, indent)};
    } catch {
      return {raw: quoteJson(text)}; // not JSON after all: a string that starts like it
    }
  }
  return {raw: quoteJson(text)};
}

function renderPairs(pairs: JsonPairs, indent: number): string {
  const tabs = '\t'.repeat(indent + 1);
  const lines = pairs.map(([key, node]) => {
    const value = 'raw' in node ? node.raw : renderPairs(node.pairs, indent + 1);
    return `${tabs}${quoteJson(key)}:\t${value}`;
  });
  return `{\n${lines.join(',\n')}${lines.length > 0 ? '\n' : ''}${'\t'.repeat(indent)}}`;
}

function recordNode(shown: readonly Shown[], indent: number): JsonNode {
  return {
    pairs: shown.map(([name, value]): [string, JsonNode] => {
      if (typeof value !== 'string')
        return [name, {pairs: value.map(([key, text]): [string, JsonNode] => [key, valueNode(text, indent + 2)])}];
      if (name === 'Variable_List')
        return [
          name,
          {pairs: splitForJson(value).map(([key, text]): [string, JsonNode] => [key, valueNode(text, indent + 2)])},
        ];
      return [name, ALWAYS_TEXT.has(name) ? {raw: quoteJson(value)} : valueNode(value, indent + 1)];
    }),
  };
}

export interface DocumentHead {
  readonly now: number;
  readonly server: string;
}

/**
 * The whole document.
 *
 * @param kind `Jobs`, `Queue` or `Server`; the key is left out when there are no records
 */
export function renderDocument(
  head: DocumentHead,
  kind: 'Jobs' | 'Queue' | 'Server',
  records: readonly (readonly [string, readonly Shown[]])[],
): string {
  const pairs: [string, JsonNode][] = [
    ['timestamp', {raw: String(Math.floor(head.now / 1000))}],
    ['pbs_version', {raw: quoteJson('23.06.06')}],
    ['pbs_server', {raw: quoteJson(head.server)}],
  ];
  if (records.length > 0)
    pairs.push([kind, {pairs: records.map(([id, shown]): [string, JsonNode] => [id, recordNode(shown, 2)])}]);
  return `${renderPairs(pairs, 0)}\n`;
}
