import {join} from 'node:path';
import {newWord} from '../base/ids.ts';
import {ensureSubdirectory, isDirectory} from '../disk/directories.ts';
import {createFact, type FactValue, isThere, namesIn} from '../disk/facts.ts';
import {agesOf} from '../disk/file-clock.ts';
import {readFact, readFacts} from '../disk/read-fact.ts';
import {writeWhole} from '../disk/whole-file.ts';
import {openActiveNames} from './active-names.ts';
import {requireKind} from './fact-schemas/run-facts.ts';
import {ENVIRONMENT, RESUMED, SEAL, SPEC} from './fact-schemas/run-record.ts';
import {foldRun} from './fold/fold-run.ts';
import {appendEvent} from './journal.ts';
import {keepVariables} from './kept-environment.ts';
import {lateSubmissionsOf, lateTags, openLateSubmissions} from './late-submissions.ts';
import type {Ledger, OpenRun} from './ledger.ts';
import {prepareRun, publishPrepared, publishRun, withdrawRun} from './new-run.ts';
import {openPackedRuns} from './packed-runs.ts';
import {isDecision, kindOfFact, readRunFacts, wayOutOf, whole} from './read-run.ts';
import {type ResumeDecision, type RunSpec, updateName} from './run-facts.ts';
import {
  numberedName,
  parseNumberedName,
  parseRunId,
  type RunId,
  type RunLayout,
  runId,
  runLayout,
  stateLayout,
} from './state-directory.ts';
import {type RunSummary, summarise, summaryOf} from './summary.ts';

/** Called around what another process can see and that has no method of its own; tests let a process die there. */
export type AroundEffect = <T>(effect: string, run: RunId, act: () => T) => T;

/** The ledger in a state directory, which need not be there before something is created. */
export function openLedger(home: string, around: AroundEffect = (_effect, _run, act) => act()): Ledger {
  const layout = stateLayout(home);
  const packs = openPackedRuns(layout, around, (at, run) => openLedger(at).summary(run));
  const names = openActiveNames(layout, packs.has);
  const lateSubmissions = openLateSubmissions(layout.late);

  const factsIn = (directory: string): string[] =>
    namesIn(directory).flatMap((name) => (/^[^.].*\.json$/.test(name) ? [name.slice(0, -5)] : []));
  const timesResumed = (run: RunId): number => {
    let number = 0;
    while (isThere(layout.resumed, numberedName(run, number + 1))) number += 1;
    return number;
  };
  const resumesOf = (run: RunId): ResumeDecision[] =>
    Array.from({length: timesResumed(run)}, (_, index) => {
      const name = numberedName(run, index + 1);
      return whole(readFact(layout.resumed, name, RESUMED, {run}), join(layout.resumed, `${name}.json`), wayOutOf(run));
    });
  const sealName = (run: RunId): string => numberedName(run, timesResumed(run));
  const readSeal = (name: string): RunSummary | undefined => {
    const seal = readFact(layout.sealed, name, SEAL, {run: parseNumberedName(name).run});
    if (seal.is === 'absent') return undefined;
    const moved = {moved: 'the run is looked at again, and sealed again when it has ended'};
    return summaryOf(whole(seal, join(layout.sealed, `${name}.json`), moved));
  };
  const unpackedRuns = (): RunId[] => namesIn(layout.runs).flatMap((name) => parseRunId(name)?.id ?? []);
  const runs = (): RunId[] => [...unpackedRuns(), ...packs.runs()];
  /** The ledger that a run is read from: a packed one from what its file holds. */
  const packedLedger = (run: RunId): Ledger | undefined =>
    packs.has(run) ? openLedger(packs.unpacked(run)) : undefined;
  /** What is on record of a run beside its directory, by paths below the state directory. */
  const recordsOf = (run: RunId): string[] =>
    (['sealed', 'resumed'] as const).flatMap((part) =>
      Array.from({length: timesResumed(run) + 1}, (_, number) => numberedName(run, number))
        .filter((name) => isThere(layout[part], name))
        .map((name) => `${part}/${name}.json`),
    );
  const read = (id: RunId, layoutOfRun: RunLayout, spec: RunSpec, known?: ReadonlyMap<string, FactValue>): OpenRun => {
    const facts = readRunFacts(id, layoutOfRun.facts, known);
    const state = foldRun(spec, facts, resumesOf(id));
    return {id, layout: layoutOfRun, state, facts, decisions: [...facts.keys()].filter(isDecision).length};
  };
  /** Runs without a seal of their newest number, whatever stands in `active/`: this reads the names of all. */
  const unsealedRuns = (): RunId[] => {
    const sealed = new Set(factsIn(layout.sealed));
    const resumed = new Map<string, number>();
    for (const {run, number} of factsIn(layout.resumed).map(parseNumberedName))
      resumed.set(run, Math.max(number, resumed.get(run) ?? 0));
    // A run that was resumed is open until it is sealed again.
    return unpackedRuns().filter((run) => !sealed.has(numberedName(run, resumed.get(run) ?? 0)));
  };
  const makeFound = (run: RunId) => around('active-name', run, () => names.add(run, 0));
  const enter = (found: readonly RunId[]): RunId[] => {
    for (const run of found) names.add(run, timesResumed(run));
    return [...found];
  };
  const refresh = (run: OpenRun) =>
    packedLedger(run.id)?.open(run.id) ?? read(run.id, runLayout(layout, run.id), run.state.original, run.facts);

  return {
    layout,
    runs,
    activeRuns: () => (names.isComplete() ? names.runs() : unsealedRuns()),
    enterNamed: (asked) =>
      enter(
        asked.filter((run) => isDirectory(runLayout(layout, run).directory) && !isThere(layout.sealed, sealName(run))),
      ),
    enterMissing() {
      if (!names.isComplete()) return [];
      const found = new Set(names.runs());
      return enter(unsealedRuns().filter((run) => !found.has(run)));
    },
    tidyActive(by) {
      for (const run of names.runs()) packs.unpack(run); // taken up again just as it was packed
      if (names.isComplete()) names.clear();
      else if (isDirectory(layout.runs)) {
        enter(unsealedRuns());
        names.complete(by);
      }
    },
    nextNumber(name) {
      // A resumption that was left behind would count for a new run of its number.
      const numbers = [...runs(), ...factsIn(layout.sealed), ...factsIn(layout.resumed)]
        .map((id) => parseRunId(parseNumberedName(id).run))
        .flatMap((run) => (run?.name === name ? run.number : []));
      return Math.max(0, ...numbers) + 1;
    },
    find(nameOrId) {
      const exact = parseRunId(nameOrId);
      if (exact)
        return isDirectory(runLayout(layout, exact.id).directory) || packs.has(exact.id) ? exact.id : undefined;
      const newest = runs()
        .map((run) => parseRunId(run))
        .filter((run) => run?.name === nameOrId)
        .sort((a, b) => (a?.number ?? 0) - (b?.number ?? 0))
        .pop();
      return newest?.id;
    },
    open(id) {
      const elsewhere = packedLedger(id);
      if (elsewhere) return elsewhere.open(id);
      const layoutOfRun = runLayout(layout, id);
      const {directory} = layoutOfRun;
      const spec = whole(readFact(directory, 'spec', SPEC, {run: id}), join(directory, 'spec.json'), wayOutOf(id));
      const run = read(id, layoutOfRun, spec);
      // Found out before a job of it is asked for: without its environment it would do something else.
      for (const {environment} of [spec, ...run.state.updates])
        if (environment !== undefined)
          whole(
            readFact(directory, environment, ENVIRONMENT, {run: id}),
            join(directory, `${environment}.json`),
            wayOutOf(id),
          );
      return run;
    },
    refresh,
    withEnd(run) {
      const elsewhere = packedLedger(run.id);
      if (elsewhere) return elsewhere.withEnd(elsewhere.open(run.id));
      for (let open = run; ; ) {
        const times = open.state.resumes.length;
        const ended = readSeal(numberedName(open.id, times));
        if (!ended) return {open, ended};
        open = refresh(open);
        if (open.state.resumes.length === times) return {open, ended};
      }
    },
    createRun(number, parts, scripts, environment) {
      const id = runId(parts.name, number);
      const spec: RunSpec = {format: 1, run: id, number, nonce: newWord(), ...parts};
      return publishRun(layout, spec, scripts, environment, makeFound) ? id : undefined;
    },
    prepareRun(directory, number, parts, scripts, environment) {
      const spec: RunSpec = {format: 1, run: runId(parts.name, number), number, nonce: newWord(), ...parts};
      prepareRun(directory, spec, scripts, environment);
    },
    publishPrepared: (directory, run) => publishPrepared(layout, directory, run, makeFound),
    isThere: ({layout: {directory}}) => isDirectory(directory) || !isDirectory(layout.runs),
    withdraw: (run) => withdrawRun(layout, run.layout.directory),
    resume(run, decision) {
      packs.unpack(run.id);
      ensureSubdirectory(layout.resumed);
      const number = run.state.resumes.length + 1;
      const makeOpen = () => names.add(run.id, number);
      around('active-name', run.id, makeOpen);
      const first = createFact(layout.resumed, numberedName(run.id, number), {...decision, run: run.id});
      if (first) makeOpen(); // as when a run is published
      packs.unpack(run.id); // packed this very moment
      return first;
    },
    ages({layout: {directory, facts: directoryOfFacts}}, facts) {
      const paths = facts.map((name) => join(directoryOfFacts, `${name}.json`));
      return [...agesOf(directory, facts.length > 0 ? paths : [join(directory, 'spec.json')]).values()];
    },
    stillHolds(run, attempt) {
      const names = factsIn(run.layout.facts);
      return (
        names.filter(isDecision).length === run.decisions &&
        (attempt === undefined || !names.includes(`${attempt}.outcome`)) &&
        timesResumed(run.id) === run.state.resumes.length
      );
    },
    update(run, decision, scripts, environment) {
      ensureSubdirectory(run.layout.scripts);
      for (const [file, content] of scripts) writeWhole(join(run.layout.scripts, file), content, {mode: 0o700});
      const kept = keepVariables(run.layout.directory, run.id, environment);
      return this.create(run.id, updateName(run.state.updates.length + 1), {...decision, environment: kept});
    },
    create(run, name, value) {
      requireKind(name);
      return createFact(runLayout(layout, run).facts, name, {...value, run});
    },
    append: (run, event) => appendEvent(runLayout(layout, run).journal, event),
    seal(run, endedAt) {
      ensureSubdirectory(layout.sealed);
      const summary = summarise(run.state, endedAt);
      // Before the seal: after it no process opens the run.
      const late = lateSubmissionsOf(run.state, endedAt);
      if (late) lateSubmissions.add(late);
      // Named after what this process has read of the run: one that was resumed meanwhile stays open.
      const number = run.state.resumes.length;
      const first = around('seal-fact', run.id, () =>
        createFact(layout.sealed, numberedName(run.id, number), {...summary}),
      );
      names.remove(run.id, number);
      return {first, summary: (first ? undefined : this.summary(run.id)) ?? summary};
    },
    readableFacts(run) {
      const {facts} = this.placeOf(run);
      return isDirectory(facts) ? readFacts(facts, kindOfFact, undefined, {run}).whole : new Map();
    },
    readableSpec(run) {
      const spec = readFact(this.placeOf(run).directory, 'spec', SPEC, {run});
      return spec.is === 'whole' ? spec.value : undefined;
    },
    sealAside(run, summary, tags) {
      ensureSubdirectory(layout.sealed);
      const late = lateTags(run, tags, summary.endedAt);
      if (late) lateSubmissions.add(late);
      createFact(layout.sealed, sealName(run), {...summary});
      names.remove(run, timesResumed(run));
    },
    timesResumed: (run) => packedLedger(run)?.timesResumed(run) ?? timesResumed(run),
    newestSeal(run) {
      const elsewhere = packedLedger(run);
      if (elsewhere) return elsewhere.newestSeal(run);
      const number = timesResumed(run);
      const summary = readSeal(numberedName(run, number));
      return summary && {number, summary};
    },
    summary: (run) => (packs.has(run) ? packs.summary(run) : readSeal(sealName(run))),
    placeOf: (run) => packedLedger(run)?.placeOf(run) ?? runLayout(layout, run),
    packable(olderThanMs) {
      const candidates = factsIn(layout.sealed).flatMap((name) => {
        const {run, number} = parseNumberedName(name);
        const id = parseRunId(run)?.id;
        const isNewest = id && timesResumed(id) === number && isDirectory(runLayout(layout, id).directory);
        return isNewest && !isThere(layout.late, id) ? [{id, path: join(layout.sealed, `${name}.json`)}] : [];
      });
      if (candidates.length === 0) return [];
      const ages = agesOf(
        layout.sealed,
        candidates.map(({path}) => path),
      );
      return candidates.flatMap(({id, path}) => ((ages.get(path) ?? -1) >= olderThanMs ? [id] : []));
    },
    pack(run) {
      const times = timesResumed(run);
      const summary = readSeal(numberedName(run, times));
      const hasEnded = () => timesResumed(run) === times && !names.has(run);
      return summary !== undefined && hasEnded() && packs.pack(run, recordsOf(run), summary, hasEnded);
    },
    tidyPacked: () => packs.tidy(),
    late: () => lateSubmissions.all(),
    forgetLate: (run) => lateSubmissions.remove(run),
  };
}
