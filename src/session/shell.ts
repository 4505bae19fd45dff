import { quote } from '../text.ts';

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
