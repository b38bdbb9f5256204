import * as z from 'zod';
import {isMap} from './problems.ts';
import {fileSchema} from './schema.ts';

/**
 * The workflow file as JSON Schema (draft 2020-12), for editors that complete and check YAML.
 *
 * It says less than `stage check`: references between steps, circles and collections are beyond it.
 */
export function workflowJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(fileSchema, {target: 'draft-2020-12', io: 'input'});
  const {properties, ...rest} = schema;
  const entries = Object.entries(properties ?? {}).map(([key, value]) => [
    key,
    key === 'params' ? value : withPlaceholders(value),
  ]);
  return {...rest, properties: Object.fromEntries(entries)};
}

const PLACEHOLDER = {type: 'string', pattern: '\\$\\{\\{'};
const DESCRIBING = ['title', 'description', 'default', 'examples'];

/** The schema of a value that may also be a text with `${{ params.NAME }}` in it, whatever it is otherwise. */
function withPlaceholders(schema: unknown): unknown {
  if (!isMap(schema)) return schema;
  if (Array.isArray(schema.anyOf) && schema.anyOf.every((branch) => isMap(branch) && isChoosy(branch)))
    return {
      ...schema,
      anyOf: [...(schema.anyOf as Readonly<Record<string, unknown>>[]).map(withoutSpelledFormat), PLACEHOLDER],
    }; // each is a map
  if (isChoosy(schema)) {
    const parts = Object.entries(schema);
    const describing = parts.filter(([key]) => DESCRIBING.includes(key));
    const checking = parts.filter(([key]) => !DESCRIBING.includes(key));
    return {
      ...Object.fromEntries(describing),
      anyOf: [withoutSpelledFormat(Object.fromEntries(checking)), PLACEHOLDER],
    };
  }
  const entries = Object.entries(schema).map(([key, value]) => {
    if (key === 'properties' && isMap(value))
      return [key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withPlaceholders(inner)]))];
    return [key, key === 'additionalProperties' ? withPlaceholders(value) : value];
  });
  return Object.fromEntries(entries);
}

/** zod spells a date-time out as a pattern of 400 characters; editors know the format. */
function withoutSpelledFormat({
  pattern,
  ...schema
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return pattern === undefined || 'format' in schema ? schema : {...schema, pattern};
}

/** Whether a single value is meant that not every text would do for. */
function isChoosy(schema: Readonly<Record<string, unknown>>): boolean {
  if (schema.type === 'boolean' || schema.type === 'integer') return true;
  return schema.type === 'string' && ['pattern', 'enum', 'const', 'format'].some((key) => key in schema);
}
