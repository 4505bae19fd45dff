import { CndError } from '../error.ts';

/** The error of a session that was lost, with the reason that is known. */
export function lost(address: string, cause?: unknown): CndError {
  return new CndError('session-lost', `the connection to ${address} was lost${why(cause)}`, {
    about: address,
    cause,
  });
}

/** The error for something that the loss of a session cut short. */
export function lostWhile(address: string, what: string, cause?: unknown): CndError {
  return new CndError('session-lost', `${what}: the connection to ${address} was lost${why(cause)}`, {
    about: address,
    cause,
  });
}

function why(cause: unknown): string {
  return cause instanceof Error ? `: ${cause.message}` : '';
}
