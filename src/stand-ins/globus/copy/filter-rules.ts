import type {FilterRule} from '../transfer/submission.ts';
import {globToRegExp} from './glob.ts';

export type Included = (name: string, type: 'file' | 'dir') => boolean;

/** First rule that matches a name decides; no match includes. Source: globus-sdk-python 4.3, `add_filter_rule`. */
export function readFilterRules(rules: readonly FilterRule[]): Included {
  const tests = rules.map((rule) => ({...rule, glob: globToRegExp(rule.name)}));
  return (name, type) =>
    tests.find((rule) => (!rule.type || rule.type === type) && rule.glob.test(name))?.method !== 'exclude';
}
