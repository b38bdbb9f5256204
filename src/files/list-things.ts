import {readdirSync} from 'node:fs';
import {hostname} from 'node:os';
import {dirname} from 'node:path';
import {type ActBounds, type ActDone, type ActRequest, type ActTask, MOST_THINGS, type Thing} from '../base/act.ts';
import {Grounds, joined, rootsOf} from './grounds.ts';
import {codeOf, LeftAlone, leftBecause, troubleOf} from './refusals.ts';
import {identityAt} from './thing.ts';

/**
 * Learn what an act is about, a part at a time: each directory before what is in it, in the order of names.
 */
export function listThings({request, known, across = false, bounds}: ActTask & {do: 'list'}): ActDone {
  const grounds = new Grounds();
  try {
    return new Listing(request, grounds, known, bounds, across).run();
  } catch (error) {
    const why = leftBecause(error) ?? (codeOf(error) === 'ENOENT' ? 'a directory above it is missing' : undefined);
    const path = rootsOf(request).paths.join(', ');
    if (why !== undefined) return {is: 'refused', why: `${path}: ${why}`};
    return {is: 'trouble', trouble: troubleOf(error, path)};
  } finally {
    grounds.close();
  }
}

class Full extends Error {}

class Listing {
  readonly #found: Thing[] = [];
  readonly #until: number;
  #across: boolean;
  #copyBytes = 0;

  constructor(
    readonly request: ActRequest,
    readonly grounds: Grounds,
    readonly known: readonly Thing[],
    readonly bounds: ActBounds,
    across: boolean,
  ) {
    this.#across = across;
    this.#until = performance.now() + bounds.ms;
  }

  run(): ActDone {
    const last = this.known.at(-1);
    let whole = true;
    try {
      for (const [root, path] of rootsOf(this.request).paths.entries())
        if (root >= (last?.root ?? 0)) this.#listRoot(root, path, root === (last?.root ?? 0) ? last : undefined);
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      whole = false;
    }
    if (this.known.length + this.#found.length > MOST_THINGS)
      return {
        is: 'refused',
        why: `it holds more than ${MOST_THINGS} files and directories; let a job of the workflow do it`,
      };
    const refused = whole ? this.#refusal() : undefined;
    if (refused !== undefined) return {is: 'refused', why: refused};
    return {
      is: 'listed',
      things: this.#found,
      whole,
      host: hostname(),
      across: this.#across,
      copyBytes: this.#copyBytes,
    };
  }

  /** What can be told before anything is done. */
  #refusal(): string | undefined {
    const {request} = this;
    if (request.act === 'remove') return undefined;
    const all = [...this.known, ...this.#found];
    if (all.length === 0) return `${request.from} is missing`;
    if (request.act === 'link')
      return all.some(({kind}) => kind === 'file') ? undefined : `${request.from} holds no file`;
    const odd = all.find(({kind}) => kind === 'other');
    if (odd && this.#across)
      return `${joined(request.from, odd.path)} is neither a file, a directory nor a link, and cannot be copied`;
    return undefined;
  }

  #listRoot(root: number, path: string, after: Thing | undefined): void {
    const {below} = rootsOf(this.request);
    const identity = identityHere(() => this.grounds.placeOf(path, below));
    if (!identity) return;
    this.#across ||= this.#isAcross(identity.device);
    // On one file system a move is one rename, whatever it holds.
    const alone = this.request.act === 'move' && !this.#across;
    if (!after) this.#add({...(root > 0 ? {root} : {}), path: '', ...identity});
    if (identity.kind !== 'directory' || alone) return;
    this.#listBelow(root, path, '', after?.path.split('/').filter((part) => part !== '') ?? []);
  }

  /** @param after names that lead to the last thing that is known already */
  #listBelow(root: number, path: string, directory: string, after: readonly string[]): void {
    const {below} = rootsOf(this.request);
    const names = readdirSync(this.grounds.placeOf(`${joined(path, directory)}/.`, below)).sort();
    const [known, ...further] = after;
    for (const name of names) {
      if (known !== undefined && name < known) continue;
      const child = directory === '' ? name : `${directory}/${name}`;
      const identity = identityHere(() => this.grounds.placeOf(joined(path, child), below));
      if (!identity && name.includes('\uFFFD')) throw new LeftAlone(`it holds a name that is not UTF-8: ${child}`);
      if (!identity) continue; // removed meanwhile
      if (name !== known) this.#add({...(root > 0 ? {root} : {}), path: child, ...identity});
      if (identity.kind === 'directory' && this.request.act !== 'link')
        this.#listBelow(root, path, child, name === known ? further : []);
    }
  }

  #add(thing: Thing): void {
    const {entries} = this.bounds;
    if (this.#found.length >= entries || performance.now() >= this.#until) if (this.#found.length > 0) throw new Full();
    if (this.known.length + this.#found.length > MOST_THINGS) throw new Full();
    this.#found.push(thing);
    if (thing.kind === 'file') this.#copyBytes += thing.size * this.#copiesOf(thing.device);
  }

  /** How many times a file has to be copied for what is asked. */
  #copiesOf(device: string): number {
    const {request} = this;
    if (request.act === 'link') return request.into.filter((into) => this.#deviceOf(into) !== device).length;
    return this.#across ? 1 : 0;
  }

  #isAcross(device: string): boolean {
    const {request} = this;
    if (request.act !== 'move') return false;
    const {below} = rootsOf(request);
    const above = dirname(request.to);
    const there = identityHere(() => this.grounds.directoryAt(above, below));
    if (!there) throw new LeftAlone(`the directory ${above} is missing`);
    return there.device !== device;
  }

  readonly #devices = new Map<string, string>();

  #deviceOf(directory: string): string {
    const known = this.#devices.get(directory);
    if (known !== undefined) return known;
    const device = identityAt(this.grounds.directoryAt(directory, [directory]))?.device ?? '';
    this.#devices.set(directory, device);
    return device;
  }
}

/** What lies at a place, where the directories above it are there. */
function identityHere(place: () => string): ReturnType<typeof identityAt> {
  try {
    return identityAt(place());
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
