import { visible } from '../text.ts';

/** A value as errors show it: quoted, so that spaces and newlines are seen, never obeyed by a terminal, and never longer than a line. Pure. */
export function shown(value: string | number | undefined): string {
  const text = visible(JSON.stringify(value ?? ''));
  return text.length <= 40 ? text : `${text.slice(0, 40)}… (${String(value).length} characters)`;
}
