import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {assign, envArguments, fillTemplate} from '../../src/batch-scripts/template.ts';
import {packageRoot} from '../../src/disk/package-root.ts';

// Real processes: what a script sees of its environment under each wrapper, beside what it sees without one.

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'apart-'));
  mkdirSync(join(top, 'facts'));
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

/** Leaves its environment as it was given, byte for byte. */
const SCRIPT = '#!/bin/sh\n/bin/cat /proc/$$/environ > "${0%/*}/seen"\n';
const WITH_BASH = existsSync('/bin/bash');
const [SHELL, HEAD] = WITH_BASH ? ['/bin/bash', '#!/bin/bash -p'] : ['/bin/sh', '#!/bin/sh'];

/** What a workflow says, and what comes with `-v` and `-V`. */
interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly passed?: Readonly<Record<string, string>>;
  readonly bash?: boolean;
}

type Template = 'job-wrapper.sh' | 'batch-job.sh';
const TEMPLATES: readonly Template[] = ['job-wrapper.sh', 'batch-job.sh'];

/** @returns the wrapper of the script in `top` */
function write(template: Template, script: string, {env = {}, bash = WITH_BASH}: Given): string {
  const path = join(top, 'wrapper');
  writeFileSync(join(top, 'script'), script, {mode: 0o700});
  const values = {
    STAGE_OWNER: 'r.1',
    STAGE_FACTS: join(top, 'facts'),
    STAGE_CLAIM: 'compute.1',
    ...Object.fromEntries(['NEEDS', 'AFTER', 'EARLIER', 'PERMIT', 'INTERRUPTED'].map((name) => [`STAGE_${name}`, ''])),
    STAGE_ARRAY: '0',
    STAGE_STDOUT: join(top, 'out'),
    STAGE_STDERR: join(top, 'err'),
    STAGE_STREAMS: '',
    STAGE_DELIVERS: '0',
    STAGE_MARKERS: join(top, 'facts', 'a.1'),
    STAGE_SCRIPT: join(top, 'script'),
    STAGE_SHA256: '',
    STAGE_SHELL: '/bin/sh',
    STAGE_SHELL_ARG: '',
    STAGE_BASH: bash ? '1' : '0',
  };
  const parts = {
    '#!/bin/sh': [bash ? HEAD : '#!/bin/sh'],
    '#@VALUES': assign(values),
    '#@ENVIRONMENT': envArguments(env),
  };
  writeFileSync(path, fillTemplate(template, parts), {mode: 0o700});
  return path;
}

/** A command as PBS has a job's shell start it: a line that the shell reads. @returns what the script saw, by name */
function seenBy(command: string, passed: Readonly<Record<string, string>> = {}): Map<string, string> {
  rmSync(join(top, 'seen'), {force: true});
  const env = {PATH: '/usr/bin:/bin', HOME: top, SHELL, PBS_JOBID: '1.s', ...passed};
  const done = spawnSync(SHELL, [], {env, input: `${command}\n`, encoding: 'utf8'});
  const text = existsSync(join(top, 'seen')) ? readFileSync(join(top, 'seen'), 'latin1') : `no=${done.stderr}\0`;
  return new Map(
    text
      .split('\0')
      .filter((entry) => entry !== '')
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const),
  );
}

const under = (template: Template, given: Given = {}, script = SCRIPT) =>
  seenBy(write(template, script, given), given.passed);
/** As plain qsub runs it. */
function alone(given: Given = {}, script = SCRIPT): Map<string, string> {
  writeFileSync(join(top, 'script'), script, {mode: 0o700});
  return seenBy(join(top, 'script'), given.passed);
}

/** Every name that a wrapper assigns, reads or loops over, by its text. */
function namesIn(template: Template): string[] {
  const text = fillTemplate(template, {}).replaceAll(/^\s*#.*$/gm, '');
  const found = [
    ...text.matchAll(/\$\{?([A-Za-z_]\w*)/g),
    ...text.matchAll(/(?:^|[\s;{('])([A-Za-z_]\w*)=/gm),
    ...text.matchAll(/^\s*for ([A-Za-z_]\w*)/gm),
    ...text.matchAll(/\bread -r ([A-Za-z_]\w*)/g),
  ].map(([, name = '']) => name);
  return [...new Set(found)].filter((name) => name !== '_').sort();
}

const VALUES = {
  blanks: '  two  words ',
  quotes: `it's "both" and \`ticks\``,
  dollars: '$HOME ${PATH} $(id) \\n %s \\',
  lines: '\none\n\ntwo\n',
  letters: 'Grüße, 世界 🌍',
  empty: '',
  dash: '-n',
  long: 'x'.repeat(100_000),
};
/** Names that shells, or commands of the wrapper, make something of. */
const SPECIAL = {
  PATH: '/opt/sw/bin',
  IFS: 'x1',
  ENV: '/no/such',
  BASH_ENV: '/no/such',
  CDPATH: '/tmp',
  UID: '5',
  EUID: '5',
  PPID: '5',
  SHELLOPTS: 'nounset:xtrace',
  BASHOPTS: 'nullglob',
  BASH_VERSION: '2',
  RANDOM: '4',
  SECONDS: '7',
  LINENO: '9',
  OPTIND: '3',
  PS4: '+ ',
  SHLVL: '40',
  GLOBIGNORE: '*',
  LC_ALL: 'C',
  POSIXLY_CORRECT: '1',
  TMPDIR: '/no/such',
  SHELL: '/bin/echo',
  HOME: '/no/such',
  PBS_JOBID: '77.other',
  PBS_ARRAY_INDEX: '3',
};
const PLAIN = {
  start: '1990',
  host: 'dtn1',
  job: 'x',
  status: 'prod',
  tries: '7',
  code: 'c',
  child: 'd',
  test: 't',
  end: 'e',
};

describe.each(TEMPLATES)('%s', (template) => {
  const names = namesIn(template);

  test('all of its own names begin with STAGE_, so that none of them can be a name of the user’s', () => {
    const theirs = ['BASHOPTS', 'SHELLOPTS', 'PATH', 'PBS_JOBID', 'SHELL', 'SHLVL', 'TMPDIR'];
    expect(names.filter((name) => !name.startsWith('STAGE_') && !theirs.includes(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith('STAGE_')).length).toBeGreaterThan(15);
  });

  test('the script sees what it sees without the wrapper', () => {
    const passed = {...VALUES, ...PLAIN, OLDPWD: '/', 'a.b': 'dot', 'BASH_FUNC_module%%': '() {  echo "$@"\n}'};
    const [with_, without] = [under(template, {passed}), alone({passed})];
    // Its own copy of the script, under another path.
    expect(with_.get('_')).toMatch(/\.SC$/);
    expect(with_).toEqual(new Map([...without, ['_', with_.get('_')]]));
    expect(with_.get('start')).toBe('1990');
  });

  test.each(WITH_BASH ? [true, false] : [false])('values of the workflow arrive exactly, under bash: %s', (bash) => {
    const env = {...VALUES, ...PLAIN, ...SPECIAL};
    const seen = under(template, {env, bash});
    const utf8 = ([name, value]: [string, string]) => [name, Buffer.from(value).toString('latin1')] as const;
    expect(Object.fromEntries([...seen].filter(([name]) => name in env))).toEqual(
      Object.fromEntries(Object.entries(env).map(utf8)),
    );
  });

  test('whatever its own variables are set to beforehand, it runs the script, with none of them to be seen', () => {
    const own = names.filter((name) => name.startsWith('STAGE_'));
    for (const value of ['', '/bin/echo', "a b'c", '1']) {
      const passed = Object.fromEntries(own.map((name) => [name, value]));
      rmSync(join(top, 'facts'), {recursive: true});
      mkdirSync(join(top, 'facts'));
      const seen = under(template, {passed});
      expect([...seen.keys()].filter((name) => own.includes(name))).toEqual([]);
      expect(seen.get('HOME')).toBe(top);
    }
  });

  test('what comes with -V changes nothing of what it does', () => {
    const functions = Object.fromEntries(
      [
        'date',
        'ln',
        'cmp',
        'rm',
        'printf',
        'echo',
        'read',
        'test',
        '[',
        'true',
        'wait',
        'kill',
        'sed',
        'env',
        'cat',
      ].map((name) => [`BASH_FUNC_${name}%%`, '() {  exit 7\n}']),
    );
    const {PATH: _, SHELL: __, HOME: ___, PBS_JOBID: ____, ...special} = SPECIAL;
    // A PATH without any command: the shell on top needs none to start the wrapper.
    const passed = {...functions, ...special, PATH: '/opt/sw/bin'};
    const seen = under(template, {passed}, '#!/bin/sh\n/bin/cat /proc/$$/environ > "${0%/*}/seen"\nexit 3\n');
    expect(seen.get('PATH')).toBe('/opt/sw/bin');
    for (const name of Object.keys(functions)) expect([name, seen.has(name)]).toEqual([name, WITH_BASH]);
    const end = template === 'batch-job.sh' ? 'a.1.end.1' : 'compute.1.end.1';
    expect(JSON.parse(readFileSync(join(top, 'facts', `${end}.json`), 'utf8'))).toMatchObject({job: '1.s', exit: 3});
  });

  test('options that bash was told to hand on reach the script as they were, and no others', () => {
    const passed = {SHELLOPTS: 'braceexpand:hashall:interactive-comments:noclobber'};
    const seen = under(template, {passed});
    expect(seen.get('SHELLOPTS')).toEqual(alone({passed}).get('SHELLOPTS'));
  });
});

test('a job that is no subjob is none either when PBS_ARRAY_INDEX came with -V out of another job', () => {
  under('batch-job.sh', {passed: {PBS_ARRAY_INDEX: '4'}});
  expect(existsSync(join(top, 'facts', 'a.1.end.1.json'))).toBe(true);
});

test('the names that the script is not to see are listed where it is started', () => {
  const listed =
    readFileSync(join(packageRoot(), 'pbs', 'script.sh'), 'utf8')
      .match(/STAGE_\w+/g)
      ?.map(String) ?? [];
  const used = TEMPLATES.flatMap(namesIn).filter((name) => name.startsWith('STAGE_'));
  expect(used.filter((name) => !listed.includes(name))).toEqual([]);
});
