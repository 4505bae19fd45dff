import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

const standard = [0, 1, 2] as const;

/** Which of the standard descriptors are terminals. */
export function terminalsHeld(): readonly number[] {
  return standard.filter((descriptor) => isatty(descriptor));
}

/**
 * Closes those of the terminals that are gone. At its exit Node sets every terminal as it was, and aborts (SIGABRT, or
 * worse) where it cannot; a closed descriptor it passes over.
 */
export function closeLostTerminals(held: readonly number[]): void {
  for (const descriptor of held) {
    if (isatty(descriptor)) continue;
    try {
      closeSync(descriptor);
    } catch {
      // closed already
    }
  }
}
