import { nearest } from '../config/nearest.ts';
import { visible } from '../text.ts';
import { UsageError } from '../error.ts';
import { type Command, type CommandGroup, isGroup } from './command.ts';
import { commands } from './registry/registry.ts';

/** What yargs is told to say of a command line without a command. */
export const missingCommand = 'a command is missing';

/** yargs' words for a command line that it cannot understand, made into ours, with the next thing to type. Pure. */
export function usageError(words: readonly string[], yargsMessage: string | null): UsageError {
  const message = yargsMessage ?? 'invalid command line';
  const { entry, command, path } = locate(words);
  const help = `see ${['cnd', ...path].join(' ')} --help`;
  if (message.startsWith('Not enough non-option arguments') && command) return missing(command, path, help);
  if (!entry && message === missingCommand) return withoutCommand(words, help);
  const stray = /^Unknown (?:argument|command)s?: ([^,]*)/.exec(message)?.[1];
  if (stray === undefined) return new UsageError('usage', message, { hint: help });
  const given = words.find((word) => word.startsWith('-') && word.replace(/^-+/, '').split('=')[0] === stray);
  // A single letter is a flag's alias, and `-x` was typed.
  if (entry && given !== undefined)
    return unknown(`${stray.length === 1 ? '-' : '--'}${stray}`, 'flag', flagsOf(command ?? entry), help);
  if (!entry) return unknown(stray, 'command', namesOf(commands), help);
  const subcommands = isGroup(entry) && path.length === 1 ? namesOf(entry.commands) : [];
  return unknown(stray, subcommands.length > 0 ? 'command' : 'argument', subcommands, help);
}

/** The command that a command line runs, also where a group's name alone means its first; undefined if none. Pure. */
export function commandOf(words: readonly string[]): Command | undefined {
  const { entry, command } = locate(words);
  return command ?? (entry && isGroup(entry) ? entry.commands[0] : entry);
}

/** The command that the words begin with, as far as they name one. */
function locate(words: readonly string[]): {
  readonly entry?: Command | CommandGroup;
  readonly command?: Command;
  readonly path: readonly string[];
} {
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  const entry = commands.find(({ name }) => name === first);
  if (!entry) return { path: [] };
  if (!isGroup(entry)) return { entry, command: entry, path: [entry.name] };
  const command = entry.commands.find(({ name }) => name === second);
  return command ? { entry, command, path: [entry.name, command.name] } : { entry, path: [entry.name] };
}

/** A flag stands first where no command does: one of those that cnd has by itself, another command's, or none. */
function withoutCommand(words: readonly string[], help: string): UsageError {
  const [flag = ''] = words[0]?.split('=') ?? [];
  if (!/^--?[^-]/.test(flag)) return new UsageError('usage', missingCommand, { hint: help });
  // -N is as good as --N.
  const long = flag.replace(/^-(?=[A-Z]$)/, '--');
  const owners = commands.filter((entry) => flagsOf(entry).includes(long));
  const [owner] = owners.filter(({ name }) => name === 'start').concat(owners);
  if (!owner) return unknown(flag, 'flag', ofAll, help);
  return new UsageError('usage', missingCommand, {
    hint: `for example: cnd ${owner.name} ${flag} …; ${help}`,
  });
}

function missing(command: Command, path: readonly string[], help: string): UsageError {
  const needed = (command.positionals ?? []).filter(({ optional }) => !optional);
  const usage = ['cnd', ...path, ...needed.map(({ name }) => name.toUpperCase())].join(' ');
  const example = command.examples[0]?.[0];
  return new UsageError('missing-argument', `an argument is missing: ${usage}`, {
    about: path.join(' '),
    hint: example === undefined ? help : `for example: ${example}`,
  });
}

function flagsOf(entry: Command | CommandGroup): string[] {
  const all = isGroup(entry) ? entry.commands : [entry];
  const flags = all.flatMap(({ flags }) =>
    flags.flatMap(({ name, alias }) => (alias ? [name, alias] : [name])),
  );
  return [
    ...new Set([
      ...flags.map((name) => (name.length === 1 && name === name.toLowerCase() ? `-${name}` : `--${name}`)),
      ...ofAll,
    ]),
  ];
}

/** The flags that are no command's. */
const ofAll = ['--help', '--version'];

function namesOf(entries: readonly { readonly name: string }[]): string[] {
  return entries.map(({ name }) => name);
}

function unknown(given: string, what: string, valid: readonly string[], help: string): UsageError {
  const near = /^-[^-]$/.test(given) ? byLetter(given, valid) : nearest(given, valid);
  const hint = near ? `did you mean ${near}? ${help}` : help;
  return new UsageError(
    `unknown-${what}`,
    `${visible(given)} is not a${what === 'argument' ? 'n' : ''} ${what} of cnd`,
    { about: given, hint },
  );
}

/** The flag of which a single letter is the beginning: by changes of letters any other letter is as near. */
function byLetter(given: string, flags: readonly string[]): string | undefined {
  const letter = given.charAt(1).toLowerCase();
  const names = flags.map((flag) => flag.replace(/^-+/, '').toLowerCase());
  const exact = names.indexOf(letter);
  const at = exact === -1 ? names.findIndex((name) => name.startsWith(letter)) : exact;
  return flags[at];
}
