import {setTimeout as pause} from 'node:timers/promises';
import type {Ran} from './cli.ts';
import type {World} from './world.ts';

/** Somebody who types commands, types them again when they were killed, and looks after what is under way. */
export interface Person {
  readonly world: World;
  /** a command, again and again until it is not killed */
  says(...argv: string[]): Promise<Ran>;
  /** wait for something; whenever a death was noticed meanwhile, the run is made so once more */
  waits<T>(what: string, condition: () => T | undefined | false | Promise<T | undefined | false>): Promise<T>;
}

export interface Life {
  /** what makes the run so once more */
  readonly again: readonly string[];
  /** a number that grows with each death */
  readonly deaths: () => number;
  readonly seconds: number;
}

export function aPerson(world: World, {again, deaths, seconds}: Life): Person {
  let noticed = 0;
  const says = async (...argv: string[]): Promise<Ran> => {
    for (let tries = 0; tries < 30; tries++) {
      const ran = await world.stage(...argv);
      if (ran.exitCode !== -1) return ran;
    }
    throw new Error(`"stage ${argv.join(' ')}" was killed at more points than there are`);
  };
  return {
    world,
    says,
    async waits(what, condition) {
      const end = Date.now() + seconds * 1000;
      for (let waitMs = 150; ; waitMs = Math.min(waitMs * 1.2, 500)) {
        const value = await condition();
        if (value !== undefined && value !== false) return value;
        if (Date.now() > end) throw new Error(`waited ${seconds} s for: ${what}`);
        const now = deaths();
        if (now > noticed) {
          noticed = now;
          await says(...again);
        } else await pause(waitMs);
      }
    },
  };
}
