import { type Command, type CommandGroup, type Flag, type ValueKind, isGroup } from '../command.ts';

/** Something that may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly describe?: string;
}

/** What belongs where the cursor is: words that are known, or values of a kind that has to be looked up. */
export type CompletionPlace =
  | { readonly candidates: readonly Candidate[] }
  /** `before` is what stands in front of the value in the same word: `--fleet=`. */
  | { readonly values: ValueKind; readonly before: string; readonly describe: string };

const nothing: CompletionPlace = { candidates: [] };
const helpFlag: Flag = { name: 'help', boolean: true, describe: 'show help' };

/** What may stand at the last of the words after `cnd`, which is the one being typed, perhaps empty. Pure. */
export function placeOf(
  typed: readonly string[],
  commands: readonly (Command | CommandGroup)[],
): CompletionPlace {
  const words = rejoin(typed);
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const [name, subname] = before;
  if (name === undefined) return named(commands);
  const entry = commands.find((candidate) => candidate.name === name);
  if (!entry) return nothing;
  if (!isGroup(entry)) return inCommand(entry, before.slice(1), current);
  if (subname === undefined && !current.startsWith('-')) return named(entry.commands);
  const command = entry.commands.find((candidate) => candidate.name === subname);
  // Without a subcommand it is the first one that is meant.
  if (!command && subname?.startsWith('-') === false) return nothing;
  return inCommand(command ?? entry.commands[0], before.slice(command ? 2 : 1), current);
}

/** The last value of a flag among the words, as `--config FILE` or `--config=FILE`; undefined when there is none. Pure. */
export function flagValue(typed: readonly string[], flag: string): string | undefined {
  const words = rejoin(typed);
  const at = words.findLastIndex((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  const word = words[at];
  if (word === undefined) return undefined;
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1];
}

/** bash takes `--fleet=local` for three words. */
function rejoin(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [index, word] of words.entries()) {
    const last = joined.at(-1);
    const isValue = words[index - 1] === '=' && last?.startsWith('--') && last.endsWith('=');
    if ((word === '=' && last?.startsWith('--')) || isValue) joined.splice(-1, 1, `${last ?? ''}${word}`);
    else joined.push(word);
  }
  return joined;
}

function inCommand(command: Command, before: readonly string[], current: string): CompletionPlace {
  const flags = [...command.flags, helpFlag];
  const find = (word: string): Flag | undefined =>
    flags.find(({ name, alias }) => [name, alias].includes(word.replace(/^--?/, '').split('=')[0]));
  const isFlag = (word: string): boolean => /^-./.test(word);
  const takesNext = (word: string): boolean =>
    isFlag(word) && !word.includes('=') && find(word) !== undefined && find(word)?.boolean !== true;
  const previous = before.at(-1);
  if (previous !== undefined && takesNext(previous)) return valueOf(find(previous));
  if (current.startsWith('--') && current.includes('='))
    return valueOf(find(current), current.slice(0, current.indexOf('=') + 1));
  if (current.startsWith('-')) return { candidates: unused(flags, before.filter(isFlag).map(find)) };
  const index = before.filter((word, at) => !isFlag(word) && !takesNext(before[at - 1] ?? '')).length;
  const { positionals = [] } = command;
  const positional = positionals[index] ?? positionals.findLast(({ many }) => many);
  if (positional)
    return positional.values
      ? { values: positional.values, before: '', describe: positional.describe }
      : nothing;
  return { candidates: unused(flags, before.filter(isFlag).map(find)) };
}

function valueOf(flag: Flag | undefined, before = ''): CompletionPlace {
  if (!flag?.values) return nothing;
  const { values, describe } = flag;
  if (typeof values === 'string') return { values, before, describe };
  return { candidates: values.map((value) => ({ value: before + value })) };
}

function unused(flags: readonly Flag[], used: readonly (Flag | undefined)[]): Candidate[] {
  return flags
    .filter((flag) => !used.includes(flag))
    .map(({ name, describe }) => ({ value: `--${name}`, describe }));
}

function named(entries: readonly { readonly name: string; readonly describe: string }[]): CompletionPlace {
  return { candidates: entries.map(({ name, describe }) => ({ value: name, describe })) };
}
