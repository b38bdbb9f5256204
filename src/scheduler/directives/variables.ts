import type {Judge} from './option-values.ts';

/** One variable of a `-v` list. */
export interface Variable {
  readonly name: string;
  /** absent: it is taken from the environment of qsub */
  readonly value?: string | undefined;
}

/**
 * The variables of a `-v` list; a comma within quotes or behind a backslash belongs to a value.
 * Source: OpenPBS, comma_token() and expand_varlist() in qsub.c.
 */
export function readVariables(list: string): readonly Variable[] {
  const items: string[] = [];
  let [item, quote] = ['', ''];
  for (let at = 0; at < list.length; at++) {
    const char = list.charAt(at);
    if (char === ',' && quote === '') {
      items.push(item);
      item = '';
      continue;
    }
    item += char;
    if (char === '\\' && at + 1 < list.length) item += list.charAt(++at);
    else if (char === '"' || char === "'") quote = char === quote ? '' : char;
  }
  if (item !== '') items.push(item); // a comma at the end is accepted
  return items.map((each) => {
    const at = each.indexOf('=');
    return at < 0 ? {name: each} : {name: each.slice(0, at), value: each.slice(at + 1)};
  });
}

/** Source: expand_varlist(), copy_env_value() and set_job_env() in qsub.c. That a name alone is set is asked elsewhere. */
export const variableList: Judge = (list) => {
  for (const {name, value} of readVariables(list)) {
    if (name.trim() === '')
      return 'a variable without a name is in the list; it is NAME or NAME=VALUE with commas between them';
    if (value === undefined && /\s/.test(name))
      return `a variable "${name}" can hardly be set: no blank may stand in the list`;
    if (value !== undefined && !quotesMatch(value)) return `the quotes in the value of ${name.trim()} do not match`;
  }
  return undefined;
};

/** copy_env_value(): a quote of the other kind within quotes is an ordinary character. */
function quotesMatch(value: string): boolean {
  let quote = '';
  for (const char of value) {
    if (char !== '"' && char !== "'") continue;
    if (quote === '') quote = char;
    else if (quote === char) quote = '';
  }
  return quote === '';
}
