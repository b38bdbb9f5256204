import {RequestWrong} from '../errors.ts';

/** The run that was named, or undefined for `--all`. @throws {RequestWrong} for both, or neither */
export function oneOrAll(run: string | undefined, all: boolean): string | undefined {
  if ((run === undefined) === all) return run;
  throw new RequestWrong(all ? 'a run and --all were both given' : 'no run was named', {
    next: ['Name a run, or give --all for every run that has not ended.', 'List them: stage list'],
  });
}
