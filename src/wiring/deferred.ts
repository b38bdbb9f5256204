/** What `make` promises, made when first asked for and never again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

type Methods = Record<string, (...values: unknown[]) => unknown>;

/** An object whose methods all wait until it has been made, at the first call. For ports, whose methods all return promises. */
export function deferred<T extends object>(make: () => Promise<T>): T {
  const made = once(make);
  const call =
    (name: string) =>
    async (...values: unknown[]) =>
      ((await made()) as Methods)[name]?.(...values);
  // Not a promise: `await` must not take it for one. The cast holds as long as T has async methods only.
  return new Proxy({} as T, {get: (_, name) => (name === 'then' ? undefined : call(String(name)))});
}
