import { retry } from '../retry.ts';
import { hasCode } from './code.ts';
import { isRetryable } from './retryable.ts';

// The one policy for deleting what costs nothing: security groups, volumes, queues, groups of schedules.

/**
 * Milliseconds, T or no T, for which a deletion is retried: in all, which is until what uses it is gone (DESIGN.md); and while there is
 * nothing but failures, so that whoever waits for the end of a run learns that AWS cannot be reached.
 */
const timeouts = { all: 180_000, failing: 60_000 };

/** EC2 API Reference, "Error codes": instances that are shutting down still use it, for about 30 s. */
const inUse = ['DependencyViolation', 'InvalidGroup.InUse', 'VolumeInUse', 'IncorrectState'];

/** How a deletion is retried. */
export interface DeletionOptions {
  /** Milliseconds for which it is retried while there is nothing but failures, if not as usual. */
  readonly failing?: number | undefined;
  /** Further errors that say that it cannot be deleted yet. */
  readonly isNotYet?: (error: unknown) => boolean;
}

/**
 * Deletes something, and retries it with backoff while AWS cannot be reached, answers with a server error, throttles requests or
 * says that it is in use: the SDK itself gives up after a second.
 * @param remove Takes "there is none" for success: the answer of an earlier attempt may have been lost.
 * @throws the last error.
 */
export function untilDeleted<T>(
  remove: () => Promise<T>,
  { failing = timeouts.failing, isNotYet = () => false }: DeletionOptions = {},
): Promise<T> {
  let answered = performance.now();
  const isWorthAnother = (error: unknown): boolean => {
    const now = performance.now();
    if (!hasCode(error, ...inUse) && !isNotYet(error)) return isRetryable(error) && now - answered < failing;
    answered = now;
    return true;
  };
  const { signal } = new AbortController();
  return retry(remove, { signal, timeout: timeouts.all, isRetryable: isWorthAnother });
}
