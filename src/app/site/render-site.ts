import {type Finding, renderFindings} from '../shared/findings.ts';
import {renderTable} from '../shared/text-layout.ts';

interface ListedText {
  readonly name: string;
  readonly default: boolean;
  readonly scheduler: string;
  readonly transfer: string;
  readonly queue?: string;
  readonly account?: string;
}

/** A table of profiles, the default one marked. */
export function renderProfiles(list: {readonly configFile: string; readonly profiles: readonly ListedText[]}): string {
  const rows = list.profiles.map((profile) => [
    `${profile.default ? '*' : ' '} ${profile.name}`,
    `PBS: ${profile.scheduler}`,
    `Globus: ${profile.transfer}`,
    profile.queue ? `queue ${profile.queue}` : '',
    profile.account ? `account ${profile.account}` : '',
  ]);
  const table = renderTable(rows);
  const mark = list.profiles.some((profile) => profile.default) ? '* is the default. ' : '';
  return [table, `${mark}Configuration: ${list.configFile}`].join('\n');
}

interface ProfileText {
  readonly configFile: string;
  readonly stateDirectory: string;
  readonly name: string;
  /** in the words of the configuration file */
  readonly written: Readonly<Record<string, unknown>>;
}

/** Everything a profile says, one line a value, by the keys of the configuration file. */
export function renderProfile({configFile, stateDirectory, name, written}: ProfileText): string {
  return [
    `${name}  (${configFile})`,
    `  state directory: ${stateDirectory}`,
    ...flatten(written).map(([key, value]) => `  ${key}: ${value}`),
  ].join('\n');
}

function flatten(value: unknown, at = ''): [string, string][] {
  if (Array.isArray(value))
    return value.every((item) => typeof item !== 'object')
      ? value.length === 0
        ? []
        : [[at, value.join(', ')]]
      : value.flatMap((item, index) => flatten(item, `${at}[${index}]`));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, inner]) => flatten(inner, at === '' ? key : `${at}.${key}`));
  return value === '' || value === undefined ? [] : [[at, String(value)]];
}

/** One line a finding, with what to do below it. */
export function renderProfileCheck({
  profile,
  findings,
}: {
  readonly profile: string;
  readonly findings: readonly Finding[];
}): string {
  const problems = findings.filter(({level}) => level === 'problem').length;
  const end =
    problems === 0
      ? `Profile ${profile} is in order.`
      : `Profile ${profile} has ${problems} thing${problems === 1 ? '' : 's'} to correct.`;
  return [...renderFindings(findings), end].join('\n');
}

interface InitText {
  readonly profile: string;
  readonly configFile: string;
  readonly written: boolean;
  readonly default: boolean;
  readonly section: Readonly<Record<string, unknown>>;
  readonly pbs: string;
}

export function renderInit(report: InitText): string {
  return [
    `PBS: ${report.pbs}`,
    ...flatten(report.section).map(([key, value]) => `  ${key}: ${value}`),
    report.written
      ? `Profile ${report.profile} was written to ${report.configFile}${report.default ? ', and is the default' : ''}.`
      : `Nothing was written; without --dry-run this would be written to ${report.configFile}.`,
    `Try it: stage profile check ${report.profile}`,
  ].join('\n');
}

export function renderDoctor({findings}: {readonly findings: readonly Finding[]}): string {
  const wrong = findings.some(({level}) => level === 'problem');
  return [...renderFindings(findings), wrong ? 'Something has to be corrected first.' : 'No problems were found.'].join(
    '\n',
  );
}
