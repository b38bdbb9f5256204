import {expect, test} from 'vitest';
import {
  environmentOf,
  keepEnvironment,
  originOf,
  passedTo,
  reservedNames,
  unsetNames,
  variablesBeside,
} from '../../src/batch-scripts/passed-environment.ts';
import {readDirectives} from '../../src/scheduler/directives/read-directives.ts';

const read = (...lines: string[]) => readDirectives(lines.map((line) => `#PBS ${line}\n`).join(''));
const passed = (...lines: string[]) => passedTo(read(...lines));

const SHELL = {
  PATH: '/home/ada/bin:/usr/bin',
  HOME: '/home/ada',
  INPUT: 'from my shell',
  API_TOKEN: 't',
  github_token: 'g',
  DB_PASSWORD: 'p',
  AWS_SECRET_ACCESS_KEY: 's',
  GLOBUS_CLI_CLIENT_ID: 'c',
  STAGE_CLI: '/opt/stage/bin/stage',
  STAGE_PROFILE: 'site',
  _: '/usr/bin/node',
};

test('nothing is kept where there is no script', () => {
  expect(keepEnvironment(SHELL, [])).toBeUndefined();
});

test('for scripts that take nothing from the environment, what qsub tells of it is kept, and nothing else', () => {
  const scripts = [passed(`-v "A=1,B='x,y'"`), passed('-N name')];
  const {variables = {}} = keepEnvironment(SHELL, scripts) ?? {};
  expect(variables).toEqual({PATH: SHELL.PATH, HOME: SHELL.HOME});
  for (const script of scripts) expect(environmentOf(variables, script)).toBeUndefined();
  expect(originOf(variables)).toMatchObject({PATH: SHELL.PATH, HOME: SHELL.HOME, LANG: undefined});
  expect(Object.keys(originOf(variables))).toContain('LANG');
  expect(originOf(variables)).not.toHaveProperty('PWD');
});

test('for -V all is kept but what looks like a secret, which is named, and what stage set itself', () => {
  expect(keepEnvironment(SHELL, [passed('-V')])).toEqual({
    variables: {PATH: SHELL.PATH, HOME: SHELL.HOME, INPUT: SHELL.INPUT, STAGE_PROFILE: 'site'},
    secrets: ['API_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'DB_PASSWORD', 'GLOBUS_CLI_CLIENT_ID', 'github_token'],
    long: [],
  });
});

test('for -v NAME that name is kept, and what qsub tells of itself; a secret too, when it is named', () => {
  const kept = keepEnvironment(SHELL, [passed('-v INPUT,API_TOKEN,A=1')]);
  expect(kept).toEqual({
    variables: {PATH: SHELL.PATH, HOME: SHELL.HOME, INPUT: SHELL.INPUT, API_TOKEN: 't'},
    secrets: [],
    long: [],
  });
});

test('a secret that one script names is not for the others', () => {
  const [naming, taking, none] = [passed('-v API_TOKEN'), passed('-V'), passed('-N x')];
  const {variables} = keepEnvironment(SHELL, [naming, taking, none]) ?? {variables: {}};
  expect(environmentOf(variables, naming)).toMatchObject({API_TOKEN: 't', PATH: SHELL.PATH});
  expect(environmentOf(variables, naming)).not.toHaveProperty('INPUT');
  expect(environmentOf(variables, taking)).toMatchObject({INPUT: SHELL.INPUT});
  expect(environmentOf(variables, taking)).not.toHaveProperty('API_TOKEN');
  expect(environmentOf(variables, none)).toBeUndefined();
});

test('of a very large environment the longest values are left out, and named; none that is named by -v', () => {
  const large = {...SHELL, A: 'x'.repeat(600_000), B: 'x'.repeat(700_000), WANTED: 'x'.repeat(300_000)};
  const kept = keepEnvironment(large, [passed('-V', '-v WANTED')]);
  expect(kept?.long).toEqual(['B']);
  expect(Object.keys(kept?.variables ?? {})).toEqual(expect.arrayContaining(['A', 'WANTED', 'INPUT']));
});

test('names that are not set are found, and what the step sets itself needs not be', () => {
  const directives = read(`-v "SIZE,REP,INPUT,X='a,b'"`);
  expect(unsetNames(SHELL, passedTo(directives))).toEqual(['SIZE', 'REP']);
  expect(unsetNames(SHELL, passedTo(directives, {SIZE: '10', REP: '2'}))).toEqual([]);
  expect(variablesBeside(directives, {SIZE: '10', REP: '2', X: '3'})).toEqual(['INPUT']);
});

test('names of stage itself are found in -v', () => {
  expect(reservedNames(read('-v A=1,STAGE_CLAIM=x,STAGE_HOME'))).toEqual(['STAGE_CLAIM', 'STAGE_HOME']);
});
