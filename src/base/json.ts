/**
 * A text as the JSON value that it holds; undefined when it is none (no JSON text stands for undefined).
 *
 * The error of JSON.parse is left out: its message quotes the text, which may be a secret.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
