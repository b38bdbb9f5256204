// Bundles one entry per command (so that a command loads only what it uses) into dist/,
// copies the batch scripts, and writes the oclif manifest that spares every start a scan of the commands.
import {chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {rolldown} from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

function entriesUnder(directory, prefix) {
  return readdirSync(join(root, directory), {withFileTypes: true}).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entriesUnder(path, `${prefix}/${entry.name}`);
    return entry.name.endsWith('.ts') ? [[`${prefix}/${basename(entry.name, '.ts')}`, join(root, path)]] : [];
  });
}

async function bundle(input, options = {}) {
  const build = await rolldown({
    input,
    platform: 'node',
    cwd: root,
    treeshake: true,
    // Chosen at run time by an option we do not offer, or absent on purpose.
    external: [/^@oclif\/plugin-/],
    checks: {eval: false},
    ...options,
  });
  await build.write({
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    minify: {mangle: false, compress: false, codegen: {removeWhitespace: true}},
    comments: {legal: false},
  });
  await build.close();
}

rmSync(dist, {recursive: true, force: true});
rmSync(join(root, 'oclif.manifest.json'), {force: true});
mkdirSync(dist, {recursive: true});
await bundle({
  stage: join(root, 'src/main.ts'),
  'local-daemon': join(root, 'src/local/daemon-main.ts'),
  ...Object.fromEntries(entriesUnder('commands', 'commands')),
});
// The stand-in's PBS commands start a node each: one file, nothing shared, nothing to look up.
await bundle({'local-pbs-client': join(root, 'src/local/pbs/client-main.ts')});
cpSync(join(root, 'pbs'), join(dist, 'pbs'), {recursive: true});
chmodSync(join(dist, 'stage.js'), 0o755);

const {Config, Plugin} = await import('@oclif/core');
const config = await Config.load({root, devPlugins: false, userPlugins: false});
const plugin = new Plugin({ignoreManifest: true, root, type: 'core', isRoot: true});
plugin.config = config;
await plugin.load();
const {commands, version} = plugin.manifest;
writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify({commands, version})}\n`);
process.stdout.write(`built ${Object.keys(commands).length} commands\n`);
