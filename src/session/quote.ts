import { CndError } from '../error.ts';

/** Needs no quotes in any shell; everything else gets them. */
const plain = /^[A-Za-z0-9_./:@%+,-]+$/;

/** Plain words that a shell would take for its own grammar at the start of a command (POSIX 2.4). */
const reserved = new Set('case do done elif else esac fi for if in then until while'.split(' '));

/**
 * Quotes one word for a POSIX shell, so that it arrives as exactly these bytes.
 *
 * @throws CndError `shell-word` for a NUL, which no argument can carry.
 */
export function quote(word: string): string {
  if (word.includes('\0')) {
    throw new CndError('shell-word', 'a word for the shell contains a NUL', { about: JSON.stringify(word) });
  }
  return plain.test(word) && !reserved.has(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * Builds a command line: the literal parts are shell, every substitution is quoted, an array becomes several words.
 *
 *     shell`exec python3 -S ${path} ${arguments_} 2>/dev/null`
 */
export function shell(
  literals: TemplateStringsArray,
  ...words: readonly (string | number | bigint | readonly string[])[]
): string {
  return literals.reduce((line, literal, index) => {
    const word = words[index - 1] ?? [];
    return line + (Array.isArray(word) ? word.map(quote).join(' ') : quote(String(word))) + literal;
  });
}
