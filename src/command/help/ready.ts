import { readFileSync } from 'node:fs';
import { packagePath } from '../../package.ts';

/** Columns that help is wrapped at, where the terminal is not narrower. */
export const helpColumns = 100;

/**
 * The help that these words ask for, as the build has rendered it (texts.ts): to render it anew takes longer than Node.js takes to
 * start. Undefined where the words ask for anything else, or the terminal is too narrow.
 */
export function readyHelp(words: readonly string[], columns: number | undefined): string | undefined {
  const asked = words.at(-1);
  if ((asked !== '--help' && asked !== '-h') || (columns ?? helpColumns) < helpColumns) return undefined;
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the build of this version
    const texts = JSON.parse(readFileSync(packagePath('dist/help.json'), 'utf8')) as Record<string, string>;
    return new Map(Object.entries(texts)).get(words.slice(0, -1).join(' '));
  } catch {
    return undefined;
  }
}
