import {mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';

/** Ways in which a file of the state directory may come to be damaged. */
export const DAMAGES = [
  'empty',
  'cut in half',
  'not JSON',
  'JSON of another type',
  'a required field missing',
  'a field of a wrong type',
  'of a newer format',
  'no regular file',
] as const;
/** What belongs to a run may be damaged in one more way: it is whole, and that of another run. */
export const DAMAGES_OF_RUNS = [...DAMAGES, "another run's"] as const;
export type Damage = (typeof DAMAGES_OF_RUNS)[number];

/** The schema of a kind of fact. */
interface Judge {
  readonly schema: {safeParse(value: unknown): {readonly success: boolean}};
}

/** What can be done to one file in one of these ways: each puts something in its place. */
export function waysTo(damage: Damage, path: string, kind: Judge): (() => void)[] {
  const text = readFileSync(path, 'utf8');
  const whole = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const put = (content: string) => () => {
    rmSync(path, {recursive: true, force: true});
    writeFileSync(path, content);
  };
  const putJson = (value: object) => put(JSON.stringify(value));
  /** only what the schema of the kind objects to */
  const putUnlessFine = (value: object) => (kind.schema.safeParse(value).success ? [] : [putJson(value)]);
  switch (damage) {
    case 'empty':
      return [put('')];
    case 'cut in half':
      return [put(text.slice(0, Math.floor(text.length / 2)))];
    case 'not JSON':
      return [put('stage: no such fact'), put('\0'.repeat(40))];
    case 'JSON of another type':
      return [put('[]'), put('"x"'), put('null'), put('7')];
    case 'a required field missing':
      return Object.keys(whole).flatMap((key) => putUnlessFine({...whole, [key]: undefined}));
    case 'a field of a wrong type':
      return Object.keys(whole).flatMap((key) => [
        ...putUnlessFine({...whole, [key]: {odd: true}}),
        ...putUnlessFine({...whole, [key]: null}),
      ]);
    case 'of a newer format':
      return [putJson({...whole, format: 7})];
    case "another run's":
      return [putJson({...whole, run: 'another.7'})];
    case 'no regular file':
      return [
        () => {
          rmSync(path, {recursive: true, force: true});
          mkdirSync(path);
        },
        () => {
          rmSync(path, {recursive: true, force: true});
          symlinkSync('nowhere', path);
        },
        () => {
          rmSync(path, {recursive: true, force: true});
          writeFileSync(`${path}.elsewhere`, text);
          symlinkSync(`${path}.elsewhere`, path);
        },
      ];
    default:
      return damage satisfies never;
  }
}

/** Put a whole file where a damaged one stands. */
export function restore(path: string, text: string): void {
  rmSync(path, {recursive: true, force: true});
  writeFileSync(path, text);
}

/** As the advice says. */
export function moveAway(path: string): void {
  renameSync(path, `${path}.aside`);
}
