import {join} from 'node:path';
import {shellWord} from '../../base/shell.ts';
import {namesIn} from '../../disk/facts.ts';
import {isClosed, repairOf, untrustedIn} from '../../disk/trust.ts';
import {EXIT} from '../../errors.ts';
import {runLayout} from '../../ledger/state-directory.ts';
import {untrustedRun} from '../../ledger/trusted-run.ts';
import type {SignInStage} from '../../wiring/stage.ts';
import {type Finding, fine, problem} from '../shared/findings.ts';

/** So many paths in one command; more of them are repaired by one for the whole directory. */
const MOST_NAMED = 5;

/** Every run and every named job: commands look at those alone that they are about. */
export function findOthers({ledger: {layout, runs}}: SignInStage): Finding {
  const what = 'no other user can change what stage reads and runs';
  const byName = join(layout.home, 'jobs', 'by-name');
  const closed = isClosed(layout.home) || isClosed(join(layout.home, 'jobs')) || isClosed(byName);
  const found = [
    ...runs().flatMap((run) => untrustedRun(layout, runLayout(layout, run))),
    ...namesIn(byName).flatMap((name) => untrustedIn(join(byName, name), closed)),
  ];
  const [first] = found;
  if (!first) return fine(what, 'runs, facts and scripts are yours, and no other user may write them');
  const more = found.length === 1 ? '' : `, and ${found.length - 1} more`;
  const mine = found.filter(({repair}) => repair !== undefined);
  const repair = mine.length > MOST_NAMED ? `chmod -R go-w ${shellWord(layout.home)}` : repairOf(mine);
  const next = mine.length === found.length ? repair : 'Look at what is in it, and move it away.';
  return problem(what, `${first.path}: ${first.why}${more}`, EXIT.usage, next);
}
