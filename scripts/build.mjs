// Bundles one entry per command (so that a command loads only what it uses) into dist/, and writes the oclif manifest that spares every start a scan of the commands.
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

/** oclif sorts the commands' names at every start; by locale, which loads ICU for 9 ms, where any order will do. */
const sortByCodeUnit = {
  name: 'sort-by-code-unit',
  transform(code, id) {
    if (!id.endsWith('@oclif/core/lib/config/plugin.js')) return undefined;
    const byLocale = 'a.id.localeCompare(b.id)';
    if (!code.includes(byLocale))
      throw new Error(`${id} does not sort as it did: see whether this patch is still needed`);
    return code.replace(byLocale, '(a.id < b.id ? -1 : 1)');
  },
};

async function bundle(input, {output = {}, ...options} = {}) {
  const build = await rolldown({
    input,
    platform: 'node',
    cwd: root,
    treeshake: true,
    // Plugins are found and loaded by oclif itself; those from typescript on it asks for only when it runs from sources.
    // keytar comes with a native library beside it, and few load it.
    external: [/^@oclif\/plugin-/, 'typescript', 'ts-node', 'tsx', 'keytar'],
    // Parts of libraries that are never reached, and would cost every start.
    resolve: {
      alias: Object.fromEntries(
        ['cli-spinners', 'cross-fetch', 'debug', 'tinyglobby'].map((name) => [
          name,
          join(root, `scripts/stub-${name}.mjs`),
        ]),
      ),
    },
    plugins: [sortByCodeUnit],
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
          test: /src[\\/](errors|engine(?![\\/]crash-points)|ledger|report[\\/](units|render-(error|findings|run-report|status)|run-view|step-state|live-view|why[\\/])|config[\\/](locations|profile|proxy|choose|config-cache|file-cache)|app[\\/](wiring|deferred|sign-in-settings|report|status|follow|style|watch-run|package-root|shell-quote|job-files)|scheduler[\\/]scheduler|transfer[\\/]transfer-service|scheduler[\\/]pbs[\\/]directives)/,
        },
        // What asks PBS, what reads its answers while it thinks, and what asks Globus.
        {
          name: 'pbs',
          test: /src[\\/](process[\\/]|scheduler[\\/](walltime|pbs[\\/](argv|pbs-scheduler|dates|job-id|explain|patience|refusals|capabilities|read-qsub))|local[\\/](ensure-up|stand-in-home|control))/,
        },
        {name: 'answers', test: /src[\\/]scheduler[\\/]pbs[\\/](read-qstat|qstat-json|qstat-text|job-record)/},
        {
          name: 'globus',
          test: /src[\\/](transfer[\\/]globus[\\/](globus-transfer|advise-sign-in|ask|caller|explain|http-fetch|pace|proxy-for|read-collection|read-demands|read-error|read-task|requests|schemas)|auth[\\/](client-credentials|authorize-names|credentials-file|token-endpoint|token-store|token-source|private-file|auth-http))/,
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

/** One letter beyond ASCII makes V8 keep and scan a whole file as UTF-16: 1300 spinner frames of oclif cost every start 5 ms. */
function toAscii(directory) {
  for (const name of readdirSync(directory, {recursive: true})) {
    const path = join(directory, name);
    if (!/\.c?js$/.test(name)) continue;
    const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    writeFileSync(path, readFileSync(path, 'utf8').replace(/[^\0-\x7f]/g, escaped));
  }
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
toAscii(fresh);
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
