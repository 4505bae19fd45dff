import { UsageError } from '../error.ts';
import type { Flag } from './command.ts';

/**
 * The words of a command line in which each flag's value that begins with a dash (`--block -x`) is bound to its flag
 * (`--block=-x`), as getopt would take it: yargs takes it for another flag. Pure.
 * @throws UsageError when a flag stands where a value must be.
 */
export function bindValues(words: readonly string[], flags: readonly Flag[]): string[] {
  const valued = new Set(flags.filter(({ boolean }) => !boolean).flatMap(namesOf));
  const known = new Set(flags.flatMap(namesOf));
  const bound: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const next = words[index + 1];
    if (word === '--') return [...bound, ...words.slice(index)];
    // Who asks for help in the middle gets it.
    if (!valued.has(word) || next === '--help' || next === '-h') {
      bound.push(word);
      continue;
    }
    if (next === undefined || next === '--' || known.has(next.replace(/=.*$/s, ''))) {
      const instead = next === undefined ? '' : `: ${next} follows it`;
      throw new UsageError('flag-value', `${word} is given without a value${instead}`, {
        about: word.replace(/^-+/, ''),
        hint:
          next === undefined
            ? `say ${word} VALUE`
            : `say ${word} VALUE, or ${word}=${next} if that is the value`,
      });
    }
    index += 1;
    if (next.startsWith('-')) bound.push(`${word}=${next}`);
    else bound.push(word, next);
  }
  return bound;
}

function namesOf({ name, alias }: Flag): string[] {
  return [name, ...(alias === undefined ? [] : [alias])].flatMap((one) =>
    one.length === 1 ? [`-${one}`, `--${one}`] : [`--${one}`],
  );
}
