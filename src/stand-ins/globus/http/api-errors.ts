import {TransferProblem} from './problem.ts';

/** Refusals of a submission that were ordered, in the words of Globus. */

interface ApiError {
  readonly status: number;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

const DATA_ACCESS =
  'urn:globus:auth:scope:transfer.api.globus.org:all[*https://auth.globus.org/scopes/aaaaaaaa-5a5a-4a5a-8a5a-000000000001/data_access]';

/** Source of codes and statuses: Globus Transfer API, "Errors"; fixtures of globus-sdk-python 4.3; globus-cli 3.41. */
export const API_ERRORS: Readonly<Record<string, ApiError>> = {
  BadRequest: {status: 400, message: 'The request is malformed'},
  'ClientError.BadRequest': {status: 400, message: 'Invalid value for field: label'},
  'ClientError.BadRequest.NoTransferItems': {status: 400, message: 'A transfer requires at least one item'},
  AuthenticationFailed: {status: 401, message: 'Token is not active'},
  'ClientError.AuthenticationFailed': {status: 401, message: 'Token is not active'},
  PermissionDenied: {status: 403, message: 'You do not have the role that this needs'},
  EndpointPermissionDenied: {status: 403, message: 'Denied by endpoint'},
  ConsentRequired: {
    status: 403,
    message: 'Missing required data_access consent',
    fields: {required_scopes: [DATA_ACCESS], authorization_parameters: {required_scopes: [DATA_ACCESS]}},
  },
  AuthPolicyFailed: {
    status: 403,
    message: 'The session does not satisfy the policy',
    fields: {
      authorization_parameters: {
        session_message: 'An identity of example.org must have signed in during the last week',
        session_required_single_domain: ['example.org'],
      },
    },
  },
  EndpointNotFound: {status: 404, message: 'No such endpoint'},
  EndpointDeleted: {status: 404, message: 'The endpoint was deleted'},
  Conflict: {status: 409, message: 'A transfer with identical paths has not yet completed'},
  'ClientError.Conflict': {status: 409, message: 'The request is in conflict with another one'},
  'ClientError.Conflict.TooManyPendingJobs': {
    status: 409,
    message: 'You have reached the limit of 100 pending tasks: wait until one of them has completed',
  },
  EndpointError: {status: 502, message: 'The endpoint reported an error'},
};

/** @returns undefined for what is no code of the table */
export function orderedError(code: string): TransferProblem | undefined {
  const error = Object.hasOwn(API_ERRORS, code) ? API_ERRORS[code] : undefined;
  return error && new TransferProblem(error.status, code, error.message, error.fields ? {fields: error.fields} : {});
}
