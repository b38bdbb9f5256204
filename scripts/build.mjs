// Bundles one entry per command (so that a command loads only what it uses) into dist/, and writes the oclif manifest that spares every start a scan of the commands.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {rolldown} from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
// Filled aside and put in place whole: jobs of a running workflow may start at any moment of a build.
const fresh = join(root, `dist.new-${process.pid}`);

function entriesUnder(directory, prefix) {
  return readdirSync(join(root, directory), {withFileTypes: true}).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entriesUnder(path, `${prefix}/${entry.name}`);
    return entry.name.endsWith('.ts') ? [[`${prefix}/${basename(entry.name, '.ts')}`, join(root, path)]] : [];
  });
}

/** Directories of the packages that something was bundled of. */
const bundled = new Set();
const noteLicences = {
  name: 'note-licences',
  moduleParsed({id}) {
    const [directory] = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/.exec(id) ?? [];
    if (directory !== undefined) bundled.add(directory);
  },
};

/** The licences of what is bundled, which ask to be handed on with it. */
function licences() {
  const texts = [...bundled].map((directory) => {
    const {name, version, license} = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    const file = readdirSync(directory).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(directory, file), 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return [...new Set(texts)].sort().join(`\n${'-'.repeat(72)}\n\n`);
}

/** Which sources this is built from, for "stage --version": the commit, and whether files were changed since. */
function commit() {
  const git = (...argv) => spawnSync('git', argv, {cwd: root, encoding: 'utf8'});
  const head = git('rev-parse', '--short=10', 'HEAD');
  // A package that is built inside another repository is not of that one's commit.
  if (head.status !== 0 || git('ls-files', '--error-unmatch', 'package.json').status !== 0) return null;
  const changed = git('status', '--porcelain', '--untracked-files=no').stdout !== '';
  return `${head.stdout.trim()}${changed ? ' with changes' : ''}`;
}

/** What oclif's plugins bring, as files of ours: a package with plugins beside it would need all that they are made of. */
const PLUGINS = {
  'commands/help': '@oclif/plugin-help/lib/commands/help.js',
  'commands/autocomplete/index': '@oclif/plugin-autocomplete/lib/commands/autocomplete/index.js',
  'commands/autocomplete/create': '@oclif/plugin-autocomplete/lib/commands/autocomplete/create.js',
  'commands/autocomplete/script': '@oclif/plugin-autocomplete/lib/commands/autocomplete/script.js',
  'hooks/not-found': '@oclif/plugin-not-found/lib/index.js',
};
const pluginOf = (id) => PLUGINS[`commands/${id.replace(':', '/')}`] ?? PLUGINS[`commands/${id}/index`];

/**
 * Rooms of which nearly every command needs nearly all are a chunk each; the rest is split as it is used. Each comes after
 * those that it imports: a chunk takes what its modules import and no chunk before it has, and what a command without an
 * engine loads must not lie in the engine's.
 */
const ROOMS = ['base', 'disk', 'workflow/model', 'ledger', 'limits', 'submission', 'engine', 'standing'];
const rooms = ROOMS.map((room, at) => ({
  name: room.replace('/', '-'),
  test: new RegExp(`[\\\\/]src[\\\\/]${room.replace('/', '[\\\\/]')}[\\\\/]`),
  priority: ROOMS.length - at,
}));

async function bundle(input, {output = {}, ...options} = {}) {
  const build = await rolldown({
    input,
    platform: 'node',
    cwd: root,
    treeshake: true,
    // oclif asks for those from typescript on only when it runs from sources. keytar comes with a native library.
    external: ['typescript', 'ts-node', 'tsx', 'keytar'],
    plugins: [noteLicences],
    // The one that the Globus SDK brings warns of itself on Node.js 24, which has its own.
    resolve: {alias: {'cross-fetch': join(root, 'scripts/fetch-of-node.mjs')}},
    // bin/stage has looked at the version already.
    transform: {
      define: {'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"', 'process.env.NODE_ENV': '"production"'},
    },
    ...options,
  });
  await build.write({
    dir: fresh,
    // As ES modules, every part of Node.js that is imported is loaded with all that hangs on it: node:http with fetch.
    format: 'cjs',
    strict: true,
    codeSplitting: {groups: rooms},
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    ...output,
  });
  await build.close();
}

process.on('exit', () => rmSync(fresh, {recursive: true, force: true}));
mkdirSync(fresh, {recursive: true});
await bundle({
  start: join(root, 'src/cli/start.ts'),
  main: join(root, 'src/cli/main.ts'),
  'local-daemon': join(root, 'src/stand-ins/daemon-main.ts'),
  ...Object.fromEntries(entriesUnder('commands', 'commands')),
  ...Object.fromEntries(Object.entries(PLUGINS).map(([name, file]) => [name, join(root, 'node_modules', file)])),
});
// The stand-in's PBS commands start a node each with this one small file, which is copied beside them.
await bundle({'local-pbs-client': join(root, 'src/stand-ins/pbs/client.ts')}, {output: {codeSplitting: false}});
writeFileSync(join(fresh, 'LICENCES.txt'), licences());
writeFileSync(join(fresh, 'build.json'), `${JSON.stringify({commit: commit()})}\n`);
const old = `${fresh}.old`;
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, {recursive: true, force: true});

const {Config, Plugin} = await import('@oclif/core');
const config = await Config.load({root, devPlugins: false, userPlugins: false});
const plugin = new Plugin({ignoreManifest: true, root, type: 'core', isRoot: true});
plugin.config = config;
await plugin.load();
const {commands, version} = plugin.manifest;
for (const [id, command] of Object.entries(commands)) {
  const [name] = /^@oclif\/[^/]+/.exec(pluginOf(id) ?? '') ?? [];
  if (name !== undefined) command.pluginName = name;
}
const manifest = join(root, 'oclif.manifest.json');
writeFileSync(`${manifest}.new`, `${JSON.stringify({commands, version})}\n`);
renameSync(`${manifest}.new`, manifest);
process.stdout.write(`built ${Object.keys(commands).length} commands\n`);
