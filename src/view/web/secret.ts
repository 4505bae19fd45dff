import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 128 random bits, as 22 characters that need no escape in an address. */
export function newSecret(): string {
  return randomBytes(16).toString('base64url');
}

/** Whether somebody knows a secret; how long that takes says nothing of it. */
export function isSecret(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret));
}

/** Of one length, whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
