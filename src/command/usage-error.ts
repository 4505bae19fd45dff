import { nearest } from '../config/nearest.ts';
import { visible } from '../text.ts';
import { UsageError } from '../error.ts';
import { type Command, type CommandGroup, type CommandPlace, isGroup } from './command.ts';

/** For a command line without a command. Pure. */
export function missingCommand(): UsageError {
  return new UsageError('usage', 'a command is missing', { hint: 'see cnd --help' });
}

/** For a command line that lacks an argument which its command needs. Pure. */
export function missingArgument(command: Command, place: CommandPlace): UsageError {
  const needed = (command.positionals ?? []).filter(({ optional }) => !optional);
  const usage = ['cnd', ...place.path, ...needed.map(({ name }) => name.toUpperCase())].join(' ');
  const example = command.examples[0]?.[0];
  return new UsageError('missing-argument', `an argument is missing: ${usage}`, {
    about: place.path.join(' '),
    hint: example === undefined ? helpHint(place) : `for example: ${example}`,
  });
}

/** For a flag that the command does not have. Pure. */
export function unknownFlag(word: string, place: CommandPlace): UsageError {
  const given = word.replace(/=.*$/s, '');
  return unknown(given, 'flag', place.entry ? flagsOf(place.command ?? place.entry) : [], place);
}

/** For a word that is no command, or one argument too many. Pure. */
export function unknownWord(
  word: string,
  place: CommandPlace,
  commands: readonly (Command | CommandGroup)[],
): UsageError {
  const { entry, path } = place;
  if (!entry) return unknown(word, 'command', namesOf(commands), place);
  if (isGroup(entry) && path.length === 1) return unknown(word, 'command', namesOf(entry.commands), place);
  return unknown(word, 'argument', [], place);
}

/** For a flag that needs a value and has none. Pure. */
export function missingValue(word: string, next: string | undefined): UsageError {
  const instead = next === undefined ? '' : `: ${next} follows it`;
  return new UsageError('flag-value', `${word} is given without a value${instead}`, {
    about: word.replace(/^-+/, ''),
    hint:
      next === undefined ? `say ${word} VALUE` : `say ${word} VALUE, or ${word}=${next} if that is the value`,
  });
}

/** For a value of a flag that takes none. Pure. */
export function needlessValue(flag: string, value: string): UsageError {
  return new UsageError('flag-value', `--${flag} is '${visible(value)}': it takes no value`, {
    about: flag,
    hint: `say --${flag}, or omit it`,
  });
}

/** For a flag that is given twice: which one was meant is not for us to guess. Pure. */
export function repeatedFlag(flag: string, values: readonly string[]): UsageError {
  return new UsageError('repeated-flag', `--${flag} is given twice: ${values.join(' and ')}`, {
    about: flag,
    hint: 'give it once',
  });
}

function flagsOf(entry: Command | CommandGroup): string[] {
  const all = isGroup(entry) ? entry.commands : [entry];
  const flags = all.flatMap(({ flags }) =>
    flags.flatMap(({ name, alias }) => (alias ? [name, alias] : [name])),
  );
  return [...new Set([...flags, 'help', 'version'])].map((name) =>
    name.length === 1 && name === name.toLowerCase() ? `-${name}` : `--${name}`,
  );
}

function namesOf(entries: readonly { readonly name: string }[]): string[] {
  return entries.map(({ name }) => name);
}

function unknown(given: string, what: string, valid: readonly string[], place: CommandPlace): UsageError {
  const near = nearest(given, valid);
  const help = helpHint(place);
  const hint = near ? `did you mean ${near}? ${help}` : help;
  return new UsageError(
    `unknown-${what}`,
    `${visible(given)} is not a${what === 'argument' ? 'n' : ''} ${what} of cnd`,
    { about: given, hint },
  );
}

function helpHint({ path }: CommandPlace): string {
  return `see ${['cnd', ...path].join(' ')} --help`;
}
