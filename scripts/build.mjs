// Bundles one entry per command (so that a command loads only what it uses) into dist/, and writes the oclif manifest that spares every start a scan of the commands.
import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
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
    // Plugins are found and loaded by oclif itself; the others it asks for only when it runs from sources.
    external: [/^@oclif\/plugin-/, 'typescript', 'ts-node', 'tsx'],
    // Parts of libraries that are never reached, and would cost every start.
    resolve: {
      alias: Object.fromEntries(
        ['cross-fetch', 'debug', 'tinyglobby'].map((name) => [name, join(root, `scripts/stub-${name}.mjs`)]),
      ),
    },
    transform: {define: {'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"'}},
    checks: {eval: false},
    ...options,
  });
  await build.write({
    dir: fresh,
    format: 'esm',
    // What nearly every command needs comes in one file: each further file costs a start about a millisecond.
    codeSplitting: {
      groups: [
        {
          name: 'kit',
          test: /src[\\/](errors|engine(?![\\/]crash-points)|ledger|report[\\/]|config[\\/](locations|profile|choose|config-cache)|app[\\/](wiring|report|status|follow|style|watch-run|package-root|shell-quote|job-files)|scheduler[\\/]scheduler|transfer[\\/]transfer-service|scheduler[\\/]pbs[\\/]directives)/,
        },
      ],
    },
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    minify: {mangle: {keepNames: true}, compress: {keepNames: {function: true, class: true}}, codegen: true},
    comments: {legal: false},
    ...output,
  });
  await build.close();
}

process.on('exit', () => rmSync(fresh, {recursive: true, force: true}));
mkdirSync(fresh, {recursive: true});
await bundle({
  stage: join(root, 'src/main.ts'),
  'local-daemon': join(root, 'src/local/daemon-main.ts'),
  ...Object.fromEntries(entriesUnder('commands', 'commands')),
});
// The stand-in's PBS commands start a node each: one file, nothing shared, and CommonJS, which loads some milliseconds sooner.
await bundle(
  {'local-pbs-client': join(root, 'src/local/pbs/client-main.ts')},
  {output: {format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false}},
);
// A quick front saves those commands most of these starts. It is for speed alone: everything works without it.
const front = join(fresh, 'local-pbs-client');
const compiled = spawnSync('cc', ['-O2', '-o', front, join(root, 'src/local/pbs/client.c')], {encoding: 'utf8'});
if (compiled.status !== 0) {
  rmSync(front, {force: true});
  const why = compiled.error?.message ?? compiled.stderr.trim().split('\n')[0];
  process.stdout.write(`the stand-in's PBS commands go without their quick front: ${why}\n`);
}
chmodSync(join(fresh, 'stage.js'), 0o755);
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
