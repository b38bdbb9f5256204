/** Environment variables, of this process or of another one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Never reached by a proxy: the stand-ins of the local profile listen there. */
export const THIS_MACHINE: readonly string[] = ['localhost', '127.0.0.1', '::1'];
