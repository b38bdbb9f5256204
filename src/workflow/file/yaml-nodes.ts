import {type Document, isAlias, isCollection, isMap, isPair, isScalar, isSeq, type Pair, type YAMLMap} from 'yaml';
import type {Path} from './problems.ts';

/** The nodes of a value and of its key; both absent when there is nothing. */
export interface Found {
  readonly key?: unknown;
  readonly value?: unknown;
}

/** A way to find the nodes at a path. It remembers the keys of every map it has passed: files may be large. */
export function createFinder(document: Document): (path: Path) => Found {
  const remembered = new WeakMap<YAMLMap, Map<string, Pair>>();
  const pairsOf = (map: YAMLMap): Map<string, Pair> => {
    const pairs = remembered.get(map) ?? new Map(map.items.map((pair) => [keyOf(pair), pair]));
    remembered.set(map, pairs);
    return pairs;
  };
  return (path) => {
    let found: Found = {value: document.contents};
    for (const step of path) {
      const inside = isAlias(found.value) ? found.value.resolve(document) : found.value;
      if (isMap(inside)) found = {...pairsOf(inside).get(String(step))};
      else if (isSeq(inside) && typeof step === 'number') found = {value: inside.items[step]};
      else return {};
    }
    return {key: found.key, value: found.value};
  };
}

/** The path of a node from what `visit` says lies above it, the node itself last. */
export function pathOf(ancestors: readonly unknown[]): Path {
  return ancestors.flatMap((node, index): (string | number)[] => {
    if (isPair(node)) return [keyOf(node)];
    if (isSeq(node)) {
      const child = node.items.indexOf(ancestors[index + 1]);
      return child < 0 ? [] : [child];
    }
    return [];
  });
}

export function keyOf(pair: Pair): string {
  const value = isScalar(pair.key) ? pair.key.value : pair.key;
  return value === null ? '' : String(value);
}

/** Offset of a node in the text. */
export function startOf(node: unknown): number | undefined {
  return isScalar(node) || isCollection(node) || isAlias(node) ? node.range?.[0] : undefined;
}
