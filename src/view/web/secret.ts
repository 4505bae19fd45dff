import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 128 random bits, as 22 characters that need no escape in a URL. */
export function newSecret(): string {
  return randomBytes(16).toString('base64url');
}

/** Compares in constant time. */
export function isSecret(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret));
}

/** Of one length, whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
