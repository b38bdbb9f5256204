/** Environment variables, of this process or of another one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Never reached by a proxy: the stand-ins of the local profile listen there. */
export const THIS_MACHINE: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** Does an address stay on this machine? Pure. */
export function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const {hostname} = new URL(address); // 127.1 is written out by it
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
