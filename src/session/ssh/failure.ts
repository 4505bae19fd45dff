import { CndError } from '../../error.ts';

import { type Access, target } from './access.ts';
import type { Attempt, FailureCause } from './attempt.ts';
import { failureMessage } from './failure-message.ts';
import { keyType } from './key.ts';
import { oneLine } from '../one-line.ts';

/** A connection that could not be made: code `ssh-<cause>`, about `user@host:port`. */
export class ConnectionError extends CndError {
  readonly failure: FailureCause;
  /** What is being waited for while this is retried, e.g. `port 22 refuses connections: sshd is not up yet`. */
  readonly words: string;
  /** The type of the key that was shown and is not believed, e.g. `ssh-rsa`. */
  readonly offeredType: string | undefined;

  constructor(failure: FailureCause, access: Access, attempt: Attempt) {
    const words = failureMessage[failure].words(access, attempt);
    super(`ssh-${failure}`, `cannot connect to ${target(access)}: ${words}${detail(attempt)}`, {
      about: target(access),
      hint: failureMessage[failure].hint(access, attempt),
      cause: attempt.error,
    });
    this.failure = failure;
    this.words = words;
    this.offeredType = attempt.offered && keyType(attempt.offered);
  }
}

/** Names the cause of a failed attempt. Pure. */
export function classify(access: Access, attempt: Attempt): ConnectionError {
  return new ConnectionError(causeOf(attempt), access, attempt);
}

const causeOfCode: Readonly<Record<string, FailureCause>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'name',
  EAI_AGAIN: 'name',
  EMFILE: 'local',
  ENFILE: 'local',
  EADDRNOTAVAIL: 'local',
  EACCES: 'local',
  EPERM: 'local',
};

/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED (RFC 4254, 5.1) and SSH2_DISCONNECT_PROTOCOL_ERROR, as OpenSSH uses it. */
const prohibited = 1;
const tooManyFailures = 2;

function causeOf(attempt: Attempt): FailureCause {
  const { error, timedOut, connected, heard, offered, methods } = attempt;
  const { code, level, reason, message } = fields(error);
  if (offered !== undefined) return 'host-key';
  if (timedOut !== undefined) return connected && !heard ? 'silent' : 'timeout';
  if (!connected && typeof code === 'string' && causeOfCode[code] !== undefined) return causeOfCode[code];
  if (reason !== undefined) return reasonOfJump(reason, message);
  if (code === tooManyFailures && /authentication/i.test(message)) return 'too-many-keys';
  // A server that takes the first of several keys may say nothing of that in its last answer.
  if (attempt.isPartial) return 'second-factor';
  if (level === 'client-authentication' || level === 'agent') return 'login';
  if (/no matching host key format/i.test(message)) return 'host-key';
  if (/no matching/i.test(message)) return 'no-common-algorithm';
  // It closes, rather than to refuse once more.
  return methods !== undefined ? 'login' : 'closed-early';
}

/** What a jump host says when it cannot reach the target: OpenSSH passes on strerror's or getaddrinfo's words. */
function reasonOfJump(reason: unknown, message: string): FailureCause {
  if (reason === prohibited) return 'forwarding';
  if (/refused/i.test(message)) return 'refused';
  if (/timed out/i.test(message)) return 'timeout';
  return /not known|resolve/i.test(message) ? 'name' : 'unreachable';
}

function detail({ error, greeting = '', banner = '' }: Attempt): string {
  const said = [fields(error).message, oneLine(greeting, 200), oneLine(banner, 200)];
  const kept = said.filter((part) => part !== '');
  return kept.length === 0 ? '' : ` (${kept.join('; ')})`;
}

/** What Node and ssh2 put on their errors: `code`, and ssh2's `level` and `reason`. */
function fields(error: unknown): { code?: unknown; level?: unknown; reason?: unknown; message: string } {
  return error instanceof Error ? error : { message: '' };
}
