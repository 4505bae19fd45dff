import {
  type Arguments,
  type Command,
  type CommandGroup,
  type CommandPlace,
  type Flag,
  isGroup,
} from './command.ts';
import {
  missingArgument,
  missingCommand,
  missingValue,
  needlessValue,
  repeatedFlag,
  unknownFlag,
  unknownWord,
} from './usage-error.ts';

/** What a command line asks for. */
export type CommandRequest =
  | { readonly kind: 'help'; readonly place: CommandPlace }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly command: Command; readonly given: Arguments };

/**
 * What the words after `cnd` ask for. A flag's value is the next word, also where that begins with a dash, or follows a `=`;
 * after `--` no word is a flag. Who asks for help in the middle gets it. Pure.
 * @throws UsageError
 */
export function readCommandLine(
  words: readonly string[],
  commands: readonly (Command | CommandGroup)[],
): CommandRequest {
  const end = words.indexOf('--');
  const typed = end < 0 ? words : words.slice(0, end);
  const { place, rest } = locate(typed, commands);
  const asksForHelp = typed.some((word) => word === '--help' || word === '-h');
  if (asksForHelp || typed[0] === 'help') return { kind: 'help', place };
  const command =
    place.command ?? (place.entry && isGroup(place.entry) ? place.entry.commands[0] : undefined);
  if (!command) {
    if (rest.includes('--version')) return { kind: 'version' };
    const [first] = rest;
    if (first === undefined) throw missingCommand();
    const word = rest.find(isArgument);
    throw word === undefined ? unknownFlag(first, place) : unknownWord(word, place, commands);
  }
  const { flags, args, stray, version } = readFlags(rest, command.flags);
  if (version) return { kind: 'version' };
  const { given, extra, lacks } = assign(command, [...args, ...(end < 0 ? [] : words.slice(end + 1))]);
  if (lacks) throw missingArgument(command, place);
  if (stray !== undefined) throw unknownFlag(stray, place);
  if (extra !== undefined) throw unknownWord(extra, place, commands);
  return { kind: 'run', command, given: { ...flags, ...given } };
}

/** The command that words begin with, as far as they name one, and the other words. `help` before it is for the caller. */
function locate(
  words: readonly string[],
  commands: readonly (Command | CommandGroup)[],
): { readonly place: CommandPlace; readonly rest: readonly string[] } {
  const all = commands.flatMap((entry) => (isGroup(entry) ? entry.commands : [entry]));
  const valued = new Set(
    all.flatMap(({ flags }) => flags.filter(({ boolean }) => !boolean).flatMap(wordsFor)),
  );
  const argumentAt = (from: number): number => {
    for (let at = from; at < words.length; at++) {
      const word = words[at] ?? '';
      if (valued.has(word)) at += 1;
      else if (isArgument(word)) return at;
    }
    return words.length;
  };
  const first = argumentAt(words[0] === 'help' ? 1 : 0);
  const entry = commands.find(({ name }) => name === words[first]);
  if (!entry) return { place: { path: [] }, rest: words };
  if (!isGroup(entry))
    return { place: { entry, command: entry, path: [entry.name] }, rest: words.toSpliced(first, 1) };
  const second = argumentAt(first + 1);
  const command = entry.commands.find(({ name }) => name === words[second]);
  if (!command) return { place: { entry, path: [entry.name] }, rest: words.toSpliced(first, 1) };
  const rest = words.filter((_, at) => at !== first && at !== second);
  return { place: { entry, command, path: [entry.name, command.name] }, rest };
}

/** The flags among the words, by their names; what is left, and the first flag that is none of the command's. */
function readFlags(words: readonly string[], flags: readonly Flag[]) {
  const named = new Map(flags.flatMap((flag) => wordsFor(flag).map((word) => [word, flag] as const)));
  const found = new Map<string, string | boolean>();
  const args: string[] = [];
  let stray: string | undefined;
  let version = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (isArgument(word)) {
      args.push(word);
      continue;
    }
    if (word === '--version') version = true;
    const [, name = word, bound] = /^(--[^=]+|-[^-])=(.*)$/s.exec(word) ?? [];
    // `-N4`
    const joined = named.has(name) || word.startsWith('--') ? undefined : named.get(word.slice(0, 2));
    const flag = named.get(name) ?? (joined?.boolean ? undefined : joined);
    let value = joined ? word.slice(2) : bound;
    if (!flag) {
      if (word !== '--version') stray ??= word;
      continue;
    }
    if (flag.boolean) {
      if (value !== undefined && value !== 'true' && value !== 'false') throw needlessValue(flag.name, value);
      found.set(flag.name, value !== 'false');
      continue;
    }
    if (value === undefined) {
      value = words[(at += 1)];
      if (value === undefined || named.has(value.replace(/=.*$/s, ''))) throw missingValue(word, value);
    }
    const before = found.get(flag.name);
    if (before !== undefined) throw repeatedFlag(flag.name, [String(before), value]);
    found.set(flag.name, value);
  }
  return { flags: Object.fromEntries(found), args, stray, version };
}

/** The arguments by their names, the first that is one too many, and whether one is missing. */
function assign({ positionals = [] }: Command, args: readonly string[]) {
  const given: Record<string, unknown> = {};
  let taken = 0;
  for (const { name, many } of positionals) {
    const values = args.slice(taken, many ? undefined : taken + 1);
    if (values.length > 0) given[name] = many ? values : values[0];
    taken += values.length;
  }
  const lacks = positionals.some(({ name, optional }) => !optional && given[name] === undefined);
  return { given, extra: args[taken], lacks };
}

/** A word that is no flag: also `-` and negative numbers. */
function isArgument(word: string): boolean {
  return !word.startsWith('-') || word === '-' || /^-\d/.test(word);
}

/** How a flag can be typed: a name of one letter also with two dashes. */
function wordsFor({ name, alias }: Flag): string[] {
  return [name, ...(alias === undefined ? [] : [alias])].flatMap((one) =>
    one.length === 1 ? [`-${one}`, `--${one}`] : [`--${one}`],
  );
}
