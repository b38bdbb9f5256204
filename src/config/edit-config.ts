import {parseDocument} from 'yaml';
import {RequestWrong} from '../errors.ts';
import {readConfig} from './read-config.ts';

/** A profile's section, as it is to stand in the file. */
export type SectionText = Readonly<Record<string, unknown>>;

export interface AddProfile {
  readonly name: string;
  readonly section: SectionText;
  /** name it as `default_profile`; one that is named already stays unless this is said */
  readonly makeDefault: boolean;
  /** take the place of a profile of that name, with the comments inside it */
  readonly force: boolean;
}

const HEAD = ' Where stage sends work: docs/profiles.md describes every key, "stage profile check" tries them.';

/**
 * A configuration file with one more profile. Pure. Everything else in it stays, comments too.
 *
 * @param source what the file holds; empty when there is none yet
 * @throws {RequestWrong} when the file has mistakes, when the profile is there and `force` was not said, or when the
 * section itself makes no sense: what comes out can always be loaded
 */
export function withProfile(source: string, file: string, {name, section, makeDefault, force}: AddProfile): string {
  const before = readConfig(source, file);
  if (before.profiles.has(name) && !force)
    throw new RequestWrong(`there is a profile "${name}" already`, {
      code: 'PROFILE_EXISTS',
      why: `${file} describes it, and was not changed`,
      next: [`Look at it: stage profile show ${name}`, 'Choose another name, or replace it with --force.'],
    });
  const document = parseDocument(source);
  if (source.trim() === '') document.commentBefore = HEAD;
  if (makeDefault || (before.defaultProfile === undefined && before.profiles.size === 0))
    document.setIn(['default_profile'], name);
  document.setIn(['profiles', name], document.createNode(section));
  const text = document.toString({lineWidth: 0});
  readConfig(text, file);
  return text;
}
