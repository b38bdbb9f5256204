import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {packageRoot} from '../disk/package-root.ts';

/** A version with the commit it was built from, as "stage --version" tells it: `0.1.0 (commit 1b0085fd2a)`. */
export function builtVersion(version: string): string {
  const file = join(packageRoot(), 'dist', 'build.json'); // written by scripts/build.mjs
  const {commit} = JSON.parse(readFileSync(file, 'utf8')) as {commit: string | null};
  return commit === null ? version : `${version} (commit ${commit})`;
}
