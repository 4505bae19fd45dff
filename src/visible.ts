import { printable } from './text.ts';

/** What a user or a file gave, as messages quote it: shown, but never obeyed by the terminal. Pure. */
export function visible(text: string): string {
  return printable(text, Number.MAX_SAFE_INTEGER).slice(0, 80);
}
