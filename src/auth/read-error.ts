import * as z from 'zod/mini';
import {parseJson} from '../base/json.ts';
import {oneLine} from '../base/text.ts';

/** An error as Globus tells it. */
export interface GlobusError {
  readonly code: string;
  readonly message: string;
  readonly requestId?: string | undefined;
}

const PlainText = z.catch(z.nullish(z.string()), undefined);
const OneError = z.object({
  code: z.string(),
  message: PlainText,
  detail: z.optional(z.unknown()),
  request_id: PlainText,
});
/** RFC 6749, section 5.2. */
const OAuthError = z.object({error: z.string(), error_description: PlainText});

/**
 * Read the body of an answer that is no success. Pure. Source: Globus Transfer API, "Errors"; globus-sdk-python reads
 * the list form of other Globus services (`errors: [{code, detail}]`) as well. Of OAuth's words
 * only that for a missing consent counts: any other may be a proxy's.
 *
 * @param body as JSON; undefined when it is none
 * @returns undefined for whatever has no code of Globus in it: a proxy's page, half a body, another type
 */
export function readError(body: unknown): GlobusError | undefined {
  for (const part of errorsIn(body)) {
    const read = OneError.safeParse(part);
    if (!read.success) continue;
    const {code, message, detail, request_id} = read.data;
    const words = message ?? (typeof detail === 'string' ? detail : '');
    return {code, message: words, requestId: request_id || undefined};
  }
  const word = OAuthError.safeParse(body);
  return word.success && isConsent(word.data.error)
    ? {code: word.data.error, message: word.data.error_description ?? ''}
    : undefined;
}

/** The error itself, then those of its list. */
function errorsIn(body: unknown): unknown[] {
  if (typeof body !== 'object' || body === null) return [];
  return 'errors' in body && Array.isArray(body.errors) ? [body, ...body.errors] : [body];
}

/** What a person has to do at Globus Auth before the service goes on; empty lists where nothing is asked. */
export interface Demands {
  /** what the collection's manager has to say */
  readonly message: string;
  readonly scopes: readonly string[];
  readonly identities: readonly string[];
  readonly domains: readonly string[];
  readonly policies: readonly string[];
  readonly mfa: boolean;
}

// In demands, one member of a wrong type must not hide the others.
const Names = z.catch(z.nullish(z.union([z.array(z.string()), z.string()])), undefined); // lists come as a comma list too
const YesOrText = z.catch(z.nullish(z.union([z.boolean(), z.string()])), undefined);

/** "Globus Auth Requirements Error": globus-sdk-python `gare`, @globus/sdk `authorization_parameters`. */
const Parameters = z.object({
  session_message: PlainText,
  session_required_identities: Names,
  session_required_policies: Names,
  session_required_single_domain: Names,
  session_required_mfa: YesOrText,
  required_scopes: Names,
  prompt: PlainText,
});
type Parameters = z.infer<typeof Parameters>;

const Demanding = z.object({
  code: PlainText,
  error: PlainText,
  message: PlainText,
  authorization_parameters: z.catch(z.nullish(Parameters), undefined),
  /** of the older forms: beside the code, as a list or as one */
  required_scopes: Names,
  required_scope: Names,
  /** of Globus Auth's `dependent_consent_required`. Source: globus-sdk-python, `gare` */
  unapproved_scopes: Names,
});
/** What asks for a consent even where it names no scope. */
const CONSENT = /^(?:dependent_?)?consent_?required$/i;

/**
 * What an error demands of a person, in every form that services use: beside the code, under
 * `authorization_parameters`, in a list of `errors` (all of them count), or as JSON inside a message of the collection's server. Pure.
 *
 * @returns undefined when it demands nothing
 */
export function readDemands(body: unknown): Demands | undefined {
  const found = errorsIn(body).flatMap((part) => {
    const read = Demanding.safeParse(part);
    return read.success ? demandsOf(read.data) : [];
  });
  if (found.length === 0) return undefined;
  const all = (key: 'scopes' | 'identities' | 'domains' | 'policies') => [...new Set(found.flatMap((one) => one[key]))];
  return {
    message: found.map(({message}) => message).find((message) => message !== '') ?? '',
    scopes: all('scopes'),
    identities: all('identities'),
    domains: all('domains'),
    policies: all('policies'),
    mfa: found.some(({mfa}) => mfa),
  };
}

/** @param code of an error */
export function isConsent(code: string | null | undefined): boolean {
  return CONSENT.test(code ?? '');
}

function demandsOf(error: z.infer<typeof Demanding>): Demands[] {
  const parameters = error.authorization_parameters ?? parametersInMessage(error.message ?? '');
  const {required_scopes, required_scope, unapproved_scopes} = error;
  const scopes = [required_scopes, required_scope, unapproved_scopes].flatMap(scopesIn);
  if (!parameters && scopes.length === 0 && !isConsent(error.code) && !isConsent(error.error)) return [];
  const asks: Partial<Parameters> = parameters ?? {};
  return [
    {
      message: oneLine(asks.session_message ?? ''),
      scopes: [...scopes, ...scopesIn(asks.required_scopes)],
      identities: listedNames(asks.session_required_identities),
      domains: listedNames(asks.session_required_single_domain),
      policies: listedNames(asks.session_required_policies),
      mfa: asks.session_required_mfa === true || asks.session_required_mfa === 'true',
    },
  ];
}

/** A collection's server answers in lines of FTP, parted by a literal `\r\n`; one of them holds JSON. */
function parametersInMessage(message: string): Parameters | undefined {
  const found = /530-GridFTP-JSON-Result: (\{.*?\})(?:\\r\\n|\r?\n|$)/s.exec(message);
  const read = z.object({authorization_parameters: Parameters}).safeParse(parseJson(found?.[1] ?? ''));
  return read.success ? read.data.authorization_parameters : undefined;
}

function listedNames(value: string | string[] | null | undefined): string[] {
  return (typeof value === 'string' ? value.split(',') : (value ?? []))
    .map((name) => oneLine(name))
    .filter((name) => name !== '');
}

/** Scopes in one text are parted by blanks or commas, but not by those inside of brackets. */
function scopesIn(value: string | string[] | null | undefined): string[] {
  return [value ?? []].flat().flatMap((text) => {
    let depth = 0;
    const scopes = [''];
    for (const letter of text) {
      if (letter === '[') depth++;
      if (letter === ']') depth--;
      if (depth === 0 && /[\s,]/.test(letter)) scopes.push('');
      else scopes[scopes.length - 1] += letter;
    }
    return scopes.filter((scope) => scope !== '');
  });
}
