/** What a program can be started with (Linux, execve(2)): the bytes of one `NAME=value`, its closing zero byte included. */
export const MAX_VARIABLE_BYTES = 131_072;
/** Of all variables and arguments, a quarter of the usual stack; what the node adds by itself needs some of it. */
export const MAX_ENVIRONMENT_BYTES = 2_000_000;

/** What a variable takes of {@link MAX_ENVIRONMENT_BYTES}: its text, the zero byte, and a pointer. */
export function variableBytes(name: string, value: string): number {
  return Buffer.byteLength(name) + Buffer.byteLength(value) + 2 + 8;
}

/** No program could be started with it. */
export function isTooLong(name: string, value: string): boolean {
  return variableBytes(name, value) - 8 > MAX_VARIABLE_BYTES;
}

/** The names that stage uses itself: the wrapper's, and those that tell a script of its run. */
export function isReserved(name: string): boolean {
  return name.startsWith('STAGE_');
}

/** What a person configures stage by: a script that calls stage may be told by `-v`. */
export function configuresStage(name: string): boolean {
  return ['STAGE_HOME', 'STAGE_CONFIG', 'STAGE_PROFILE'].includes(name);
}

export const RESERVED = 'names that begin with "STAGE_" are those of stage itself';
