/**
 * Do something about a file, and let the system's error name that file: write(2) and fsync(2) know no path, and a
 * temporary name would tell a person nothing.
 */
export function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'errno' in error) Object.assign(error, {path});
    throw error;
  }
}
