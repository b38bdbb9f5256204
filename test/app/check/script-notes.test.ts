import {userInfo} from 'node:os';
import {expect, test} from 'vitest';
import {scriptNotes} from '../../../src/app/check/script-notes.ts';
import {ACCOUNTS_OF_HOST, type Accounts} from '../../../src/disk/users.ts';
import {jobStep} from '../../support/a-run.ts';
import {profileOf} from '../../support/fake-stage.ts';

const KNOWN = ['ada', 'climate'];
const known = (name: string) => KNOWN.includes(name);
const HOST: Accounts = {user: known, group: known};

const notesOn = (directive: string, accounts = HOST) => {
  const script = new TextEncoder().encode(`#!/bin/sh\n#PBS ${directive}\n`);
  return scriptNotes(jobStep('a'), script, profileOf('{transfer: local}'), accounts);
};

test.each([
  ['-u bob', 'user "bob"'],
  ['-u ada,bob', 'user "bob"'],
  ['-W user_list=bob', 'user "bob"'],
  ['-W group_list=ocean', 'group "ocean"'],
  ['-W "umask=027,group_list=climate,ocean"', 'group "ocean"'],
])('a name that this host does not know is noted: #PBS %s', (directive, says) => {
  expect(notesOn(directive)).toEqual([expect.stringContaining(`a.sh:2: this host knows no ${says}`)]);
});

test.each([
  '-u ada',
  '-u bob@elsewhere',
  '-W group_list=climate',
  '-W group_list=ocean@elsewhere',
  '-W umask=027',
  '-N bob',
])('nothing is noted of #PBS %s', (directive) => expect(notesOn(directive)).toEqual([]));

test('nothing is noted where names cannot be looked up', () => {
  const none = () => undefined;
  expect(notesOn('-u bob -W group_list=ocean', {user: none, group: none})).toEqual([]);
});

test('this host knows its own user, and looks up no number and no option', () => {
  const {username} = userInfo();
  expect(ACCOUNTS_OF_HOST.user(username)).toBe(true);
  for (const name of ['0', '--help', '', 'a:b']) expect(ACCOUNTS_OF_HOST.group(name)).toBeUndefined();
  expect(ACCOUNTS_OF_HOST.user('stage-nobody-has-this-name')).not.toBe(true);
});
