import type {OutageWish} from '../../outage-modes.ts';
import {type Hit, type Outages, whicheverFirst} from '../../outages.ts';
import {API_ERRORS, orderedError} from './api-errors.ts';
import {AuthProblem, TransferProblem} from './problem.ts';
import type {Answer, Request} from './request.ts';

/** Answer a request, unless an outage hits it; then answer as a service in that trouble would. */
export async function answerGlobus(outages: Outages, request: Request, answer: () => Promise<Answer>): Promise<Answer> {
  const hit = outages.strike((outage) => concerns(outage, request));
  if (!hit) return answer();
  try {
    return await inTrouble(hit, request, answer);
  } finally {
    hit.done();
  }
}

const ofTransfer = ({path}: Request): boolean => path.startsWith('/v0.10/');
const isSubmission = ({method, path}: Request): boolean =>
  method === 'POST' && ['/v0.10/transfer', '/v0.10/delete'].includes(path);

function concerns({target, mode, auth}: OutageWish, request: Request): boolean {
  if (target !== 'globus') return false;
  if (mode === 'lost' || Object.hasOwn(API_ERRORS, mode)) return isSubmission(request);
  return ofTransfer(request) || (auth && request.path === '/v2/oauth2/token');
}

async function inTrouble(
  {mode, over, retryAfter}: Hit,
  request: Request,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  switch (mode) {
    case 'down':
      return {cut: 'close'};
    case 'reset':
      return {cut: 'reset'};
    case 'timeout':
      await whicheverFirst(over, request.gone);
      return {cut: 'close'};
    case 'lost':
      await answer();
      return {cut: 'reset'};
    case '429': // the code that goes with it is not known
      throw problem(request, 429, 'TooManyRequests', 'Too many requests, slow down', {
        'retry-after': String(retryAfter ?? 1),
      });
    case '500':
      throw problem(request, 500, 'InternalError', 'An internal error occurred');
    case '503':
      throw problem(request, 503, 'ServiceUnavailable', 'The service is down for maintenance', {
        ...(retryAfter === undefined ? {} : {'retry-after': String(retryAfter)}),
      });
    case 'html':
      return {status: 502, html: BAD_GATEWAY};
    case 'garbage':
      return {status: 200, document: {DATA_TYPE: 'weather', DATA: {task_id: 7}, status: ['?'], access_token: null}};
    case 'half': {
      const done = await answer();
      if (!('document' in done)) return done;
      const text = JSON.stringify(done.document);
      return {status: 200, type: 'application/json', text: text.slice(0, Math.floor(text.length / 2))};
    }
    default:
      throw orderedError(mode) ?? new RangeError(`Globus has no outage "${mode}"`);
  }
}

function problem(
  request: Request,
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): TransferProblem | AuthProblem {
  if (ofTransfer(request)) return new TransferProblem(status, code, message, {headers});
  const inCapitals = code.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  return new AuthProblem(status, 'api', inCapitals, message, headers);
}

const BAD_GATEWAY = `<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>nginx</center>
</body>
</html>
`;
