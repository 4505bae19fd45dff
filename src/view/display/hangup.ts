import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { isBackground } from './foreground.ts';

const standard = [0, 1, 2] as const;

/** Which of the standard descriptors are terminals. */
export function terminalsHeld(): readonly number[] {
  return standard.filter((descriptor) => isatty(descriptor));
}

/**
 * Closes those of the terminals that are gone, and in the background all of them. At its exit Node sets every terminal as it
 * was, which would undo what the shell has set since for whoever types there; where it cannot it aborts (SIGABRT, or worse). A
 * closed descriptor it passes over.
 */
export function closeForeignTerminals(held: readonly number[]): void {
  const isSomebodyElses = held.length > 0 && isBackground();
  for (const descriptor of held) {
    if (!isSomebodyElses && isatty(descriptor)) continue;
    try {
      closeSync(descriptor);
    } catch {
      // closed already
    }
  }
}
