import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {readCredentials} from '../auth/credentials-file.ts';
import {EXIT, type ExitCode, StageError} from '../errors.ts';
import {newWord} from '../ledger/new-word.ts';
import {examineDirectory} from './doctor.ts';
import {findAtServer, findInProfile, fine, type ProfileFinding, problem} from './profile-findings.ts';
import type {Stage} from './wiring.ts';

export interface ProfileCheck {
  readonly profile: string;
  readonly findings: readonly ProfileFinding[];
  readonly exit: ExitCode;
}

/** Try what a profile says on the site itself. Submits nothing, and leaves nothing but an empty state directory. */
export async function checkProfile(stage: Stage): Promise<ProfileCheck> {
  const {profile} = stage;
  const findings = [
    ...findInProfile(profile),
    ...findDirectory(stage),
    ...(await findPbs(stage)),
    ...(await findCredentials(stage)),
  ];
  const exits = findings.flatMap((finding) => finding.exit ?? []);
  const exit = exits.includes(EXIT.actionNeeded) ? EXIT.actionNeeded : (exits[0] ?? EXIT.ok);
  return {profile: profile.name, findings, exit};
}

function findDirectory(stage: Stage): ProfileFinding[] {
  const probe = join(stage.ledger.layout.home, `.check-${newWord()}`);
  try {
    return examineDirectory(stage, probe).map(({what, ok, detail, next, exit}) =>
      ok ? fine(what, detail) : problem(what, detail, exit ?? EXIT.unreachable, ...(next ? [next] : [])),
    );
  } finally {
    rmSync(probe, {recursive: true, force: true});
  }
}

async function findPbs(stage: Stage): Promise<ProfileFinding[]> {
  const site = await stage.site();
  const commands = await site.commands();
  const missing = commands.filter(({path}) => path === undefined).map(({command}) => command);
  if (missing.length > 0)
    return [
      problem(
        'PBS commands are missing',
        `${missing.join(', ')}: not in ${stage.profile.scheduler.bin ?? 'your PATH'}`,
        EXIT.unreachable,
        'If they are elsewhere (often /opt/pbs/bin), name the directory as "scheduler.bin" in the profile.',
        'On a node without them, log in to a submit node of the cluster.',
      ),
    ];
  const found = fine('the PBS commands are found', commands[0]?.path ?? '');
  try {
    const [server, queues] = [await site.server(), await site.queues()];
    const version = server.version ? `, version ${server.version}` : '';
    return [
      found,
      fine('PBS answers', `server ${server.name}${version}, ${queues.length} queues`),
      ...findAtServer(stage.profile, server, queues),
    ];
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return [found, fromError('PBS does not answer', error)];
  }
}

async function findCredentials({profile}: Stage): Promise<ProfileFinding[]> {
  const file = profile.transfer.credentials;
  if (profile.transfer.kind === 'local') return [];
  if (file === undefined)
    return [
      problem(
        'the profile does not say how to sign in to Globus',
        'it names no transfer.credentials',
        EXIT.actionNeeded,
        'Put client_id and client_secret into a JSON file of mode 0600, and name it under transfer: credentials: in the profile.',
      ),
    ];
  try {
    await readCredentials(file);
    return [fine('the credentials file is yours alone', file)];
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return [fromError(error.message, error)];
  }
}

function fromError(what: string, error: StageError): ProfileFinding {
  return problem(what, error.why ?? error.message, error.exit, ...error.next);
}
