import {readCredentials} from '../../auth/credentials.ts';
import type {SignInSettings} from '../../auth/open-tokens.ts';
import {count} from '../../base/units.ts';
import type {Profile} from '../../config/profile.ts';
import {EXIT, type ExitCode, StageError} from '../../errors.ts';
import type {SignInStage} from '../../wiring/stage.ts';
import {exitOfFindings, type Finding, fine, isProblem, note, problem, problemOf} from '../shared/findings.ts';
import {findForJobs} from '../shared/jobs-sign-in.ts';
import {findAtServer, findInProfile} from './find-in-profile.ts';
import {tryDirectory} from './try-directory.ts';

export interface ProfileCheck {
  readonly profile: string;
  readonly findings: readonly Finding[];
  readonly exit: ExitCode;
}

/** Try what a profile says on the site itself. Submits nothing, and leaves nothing but an empty state directory. */
export async function checkProfile(stage: SignInStage): Promise<ProfileCheck> {
  const found = await tryDirectory(stage, (_, directory) => findSite(stage, directory));
  // What has to be corrected first stands last.
  const findings = found.some(isProblem) ? found : [...found, ...jobsUntried(stage.profile)];
  return {profile: stage.profile.name, findings, exit: exitOfFindings(findings, true)};
}

/** @param directory what was found of the state directory */
export async function findSite(stage: SignInStage, directory: readonly Finding[]): Promise<Finding[]> {
  return [
    ...findInProfile(stage.profile),
    ...directory,
    ...(await findPbs(stage)),
    ...(await findSignIn(stage)),
    ...findForJobs(stage, process.env),
  ];
}

/** That this shell can sign in says nothing of a node. */
function jobsUntried({staging, transfer}: Profile): Finding[] {
  if (!staging.network || transfer.kind !== 'globus') return [];
  return [
    note(
      'whether jobs can sign in to Globus was not tried',
      'launchers and monitors sign in and reach Globus from nodes, without this session and its settings',
      'Try it with a job: stage doctor --job',
    ),
  ];
}

async function findPbs(stage: SignInStage): Promise<Finding[]> {
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
      fine('PBS answers', `server ${server.name}${version}, ${count(queues.length, 'queue')}`),
      ...findAtServer(stage.profile, server, queues),
    ];
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return [found, problemOf(error, 'PBS does not answer')];
  }
}

/** Whether this profile can sign in, as far as that can be told without asking Globus. */
async function findSignIn(stage: SignInStage): Promise<Finding[]> {
  if (stage.profile.transfer.kind !== 'globus') return [];
  try {
    const settings = await stage.signIn();
    if (settings.method === 'client') return [await findClient(settings)];
    return [settings.method === 'globus-cli' ? await findCliLogin() : await findPerson(settings)];
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    // What the profile does not name, a person has to.
    const exit = error.code === 'NO_CREDENTIALS' ? EXIT.actionNeeded : error.exit;
    return [{...problemOf(error), exit}];
  }
}

async function findClient({credentials, credentialsFile, loginCommand}: SignInSettings): Promise<Finding> {
  if (credentialsFile !== undefined) {
    await readCredentials(credentialsFile);
    return fine('the credentials file is readable only by you', credentialsFile);
  }
  return note(
    credentials ? 'the client secret is only in the environment' : 'the client secret is not available',
    'jobs use what "stage login" stores: a token, which lasts two days',
    `Sign in where STAGE_CLIENT_ID and STAGE_CLIENT_SECRET are set: ${loginCommand}`,
    'Or name a file of mode 0600 with both under transfer: credentials: in the profile.',
  );
}

async function findPerson(settings: SignInSettings): Promise<Finding> {
  const {openNativeSignIn} = await import('../../auth/native-sign-in.ts');
  const kept = await openNativeSignIn(settings).read();
  return kept
    ? fine('you are signed in to Globus', kept.signIn?.username ?? 'tokens are stored')
    : problem(
        'you are not signed in to Globus',
        'no tokens are stored for this profile',
        EXIT.actionNeeded,
        `Sign in: ${settings.loginCommand}`,
      );
}

async function findCliLogin(): Promise<Finding> {
  const {cliStorage, readCliLogin} = await import('../../auth/globus-cli-storage.ts');
  const storage = cliStorage(process.env);
  await readCliLogin(storage);
  return fine('the globus CLI is signed in', storage.file);
}
