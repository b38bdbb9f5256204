#!/usr/bin/env node
// The first file of every start, in words that Node.js 10 can read: so it can say what is wrong with a Node.js that
// cannot read any other file, or that would begin and fail half way. It is copied as it is, not bundled.
// 20.11: AbortSignal.any (20.3) and import.meta.dirname.
var oldest = [20, 11];
var parts = process.versions.node.split('.').map(Number);

if (parts[0] < oldest[0] || (parts[0] === oldest[0] && parts[1] < oldest[1]))
  end(
    2,
    'NODE_TOO_OLD',
    'stage needs Node.js ' + oldest.join('.') + ' or newer',
    'this is ' + process.version + ', ' + process.execPath,
    [
      'Many clusters have a newer one as a module: module avail node; module load ...',
      'A job script that calls stage needs it too: load it there, or in "setup:" of the profile.'
    ]
  );
else begin();

/**
 * Newer ones keep what they compiled, which spares the next start a quarter of its time; in a place that is ours alone.
 * Only where stage keeps things already: made from nothing, Node.js would never return where an automounter answers
 * ENOENT although the parent exists.
 */
function begin() {
  var builtin =
    process.getBuiltinModule ||
    function () {
      return {};
    };
  var cache = (process.env.XDG_CACHE_HOME || process.env.HOME + '/.cache') + '/stage';
  if (builtin('module').enableCompileCache && builtin('fs').existsSync(cache))
    builtin('module').enableCompileCache(cache + '/compiled');
  import('./main.js').catch(notLoaded);
}

/** 126, as a shell says it of what cannot be executed: staging jobs try again, since an installation may be on its way. */
function notLoaded(error) {
  end(126, 'NOT_LOADED', 'stage could not be loaded', error.message, [
    'If it is being installed or built at this moment, run the same command again; otherwise install it again.'
  ]);
}

/** As errors are shown everywhere (src/app/shared/render-error.ts), without what that needs. */
function end(exit, code, what, why, next) {
  process.exitCode = exit;
  var error = {code: code, exit: exit, what: what, why: why, next: next, details: []};
  if (process.argv.indexOf('--json') >= 0) process.stdout.write(JSON.stringify({error: error}, null, 2) + '\n');
  else process.stderr.write('error: ' + what + '\n  why: ' + why + '\n  next: ' + next.join('\n        ') + '\n');
}
