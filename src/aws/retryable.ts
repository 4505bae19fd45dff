import { awsErrorKind } from './failure.ts';
import { property } from './property.ts';

/** Whether a retry may succeed: not what the caller is not permitted to do, nor a malformed request. */
export function isRetryable(error: unknown): boolean {
  const errorKind = awsErrorKind(error);
  return (
    errorKind === 'throttled' ||
    errorKind === 'unreachable' ||
    errorKind === 'unavailable' ||
    isClockCorrected(error)
  );
}

/** The SDK has learned from the refusal by how much this machine's clock is wrong: the next attempt is signed accordingly. */
function isClockCorrected(error: unknown): boolean {
  return property(property(error, '$metadata'), 'clockSkewCorrected') === true;
}
