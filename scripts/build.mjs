// Bundles one entry per command (so that a command loads only what it uses) into dist/, and writes the oclif manifest that spares every start a scan of the commands.
import {existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
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

async function bundle(input, {output = {}, ...options} = {}) {
  const build = await rolldown({
    input,
    platform: 'node',
    cwd: root,
    treeshake: true,
    // Plugins are found and loaded by oclif itself; those from typescript on it asks for only when it runs from sources.
    // keytar comes with a native library beside it, and few load it.
    external: [/^@oclif\/plugin-/, 'typescript', 'ts-node', 'tsx', 'keytar'],
    // The one that the Globus SDK brings warns of itself on Node.js 24, which has its own.
    resolve: {alias: {'cross-fetch': join(root, 'scripts/fetch-of-node.mjs')}},
    // bin/stage has looked at the version already.
    transform: {define: {'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"'}},
    ...options,
  });
  await build.write({
    dir: fresh,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
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
});
// The stand-in's PBS commands start a node each with this one small file, which is copied beside them.
await bundle(
  {'local-pbs-client': join(root, 'src/stand-ins/pbs/client.ts')},
  {output: {format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false}},
);
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
const manifest = join(root, 'oclif.manifest.json');
writeFileSync(`${manifest}.new`, `${JSON.stringify({commands, version})}\n`);
renameSync(`${manifest}.new`, manifest);
process.stdout.write(`built ${Object.keys(commands).length} commands\n`);
