import { isPassing } from '../../kubernetes/failure.ts';
import { retry } from '../../retry.ts';

/** Milliseconds for which an API server that is not reached, or cannot answer, is asked again: it may be restarting. */
const restartTimeout = 8_000;

/** Does something that can be repeated, again while the API server may be restarting. @throws the last error */
export async function throughRestart<T>(
  work: () => Promise<T>,
  signal: AbortSignal = new AbortController().signal,
): Promise<T> {
  return retry(work, { signal, timeout: restartTimeout, isRetryable: isPassing });
}
