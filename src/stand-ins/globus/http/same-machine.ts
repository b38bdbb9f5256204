import type {IncomingHttpHeaders} from 'node:http';

/*
 * Listening on 127.0.0.1 keeps other machines away, and not the pages that a browser of this machine shows. Such a page
 * can send requests here, and once its own name leads to 127.0.0.1 (DNS rebinding) it can read the answers, too.
 */

const HERE = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Why a request is refused before it is looked at; undefined for one that a program, or a page of ours, has sent. Pure.
 * The port does not count, so that a forwarded one (`ssh -L`) works.
 */
export function foreignRequest({host, origin}: IncomingHttpHeaders): {status: number; why: string} | undefined {
  if (host === undefined || !HERE.has(host.replace(/:\d+$/, '').toLowerCase()))
    return {status: 421, why: 'This service answers to 127.0.0.1 and localhost alone'};
  if (origin !== undefined && !isSame(origin, host))
    return {status: 403, why: 'Requests from the pages of other sites are refused'};
  return undefined;
}

const isSame = (origin: string, host: string): boolean => origin.toLowerCase() === `http://${host.toLowerCase()}`;
