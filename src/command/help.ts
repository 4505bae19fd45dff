import { displayWidth, pad, wrap } from '../text.ts';
import {
  type Command,
  type CommandGroup,
  type CommandPlace,
  type Flag,
  type Positional,
  isGroup,
} from './command.ts';

/** A line of two columns. */
type Row = readonly [left: string, right: string];

const commonFlags: readonly Flag[] = [
  { name: 'version', boolean: true, describe: 'show the version' },
  { name: 'help', alias: 'h', boolean: true, describe: 'show this help' },
];

/** What `--help` prints, in so many columns: of all commands, of a group, or of one command. Pure. */
export function helpText(
  { entry, command: named, path }: CommandPlace,
  commands: readonly (Command | CommandGroup)[],
  columns: number,
): string {
  const shown = named ?? entry;
  const usage = ['cnd', ...path, ...(shown ? placesOf(shown) : ['<command>'])].join(' ');
  const about =
    shown?.describe ??
    'Finds a golden nonce with a fleet of machines that it launches and always tears down.';
  const listed = shown ? (isGroup(shown) ? shown.commands : []) : commands;
  const command = shown && isGroup(shown) ? shown.commands[0] : shown;
  const examples = (shown && isGroup(shown) ? shown.commands : command ? [command] : []).flatMap(
    (one): readonly Row[] => (one === command ? one.examples : one.examples.slice(0, 1)),
  );
  const parts = [
    wrap(usage, columns).join('\n'),
    wrap(about, columns).join('\n'),
    ...table('Commands', listed.map(commandRow(path, listed)), columns),
    ...table('Arguments', (named?.positionals ?? []).map(positionalRow), columns),
    ...table('Options', [...(command?.flags ?? []), ...commonFlags].map(flagRow), columns),
    ...table('Examples', examples, columns),
  ];
  return `${parts.join('\n\n')}\n`;
}

function commandRow(path: readonly string[], all: readonly (Command | CommandGroup)[]) {
  return (entry: Command | CommandGroup): Row => [
    ['cnd', ...path, entry.name, ...placesOf(entry)].join(' '),
    // The name of a group alone means its first command.
    path.length > 0 && entry === all[0] ? `${entry.describe} [default]` : entry.describe,
  ];
}

function placesOf(entry: Command | CommandGroup): string[] {
  if (isGroup(entry)) return [];
  return (entry.positionals ?? []).map(({ name, optional, many }) => {
    const words = many ? `${name}..` : name;
    return optional ? `[${words}]` : `<${words}>`;
  });
}

function positionalRow({ name, describe }: Positional): Row {
  return [name, describe];
}

/** Those of one letter first, as in `-N, --instances VALUE`. */
function flagRow({ name, alias, boolean, describe, values }: Flag): Row {
  const names = [name, ...(alias === undefined ? [] : [alias])].toSorted((a, b) => a.length - b.length);
  const dashed = names.map((one) => (one.length === 1 ? `-${one}` : `--${one}`));
  const indent = names[0]?.length === 1 ? '' : '    ';
  const value = values === 'file' ? ' FILE' : values === 'directory' ? ' DIR' : ' VALUE';
  return [`${indent}${dashed.join(', ')}${boolean ? '' : value}`, describe];
}

/** A heading and its rows; nothing where there are none. What is too long for the left column has a line of its own. */
function table(heading: string, rows: readonly Row[], columns: number): string[] {
  if (rows.length === 0) return [];
  const most = Math.floor(columns / 2);
  const left = Math.min(most, Math.max(...rows.map(([text]) => displayWidth(text))));
  const lines = rows.flatMap(([text, describe]) => {
    const right = wrap(describe, Math.max(20, columns - left - 4));
    const isLong = displayWidth(text) > left;
    const first = isLong ? [] : [`  ${pad(text, left, 'end')}  ${right[0] ?? ''}`];
    const rest = right.slice(first.length).map((line) => `  ${' '.repeat(left)}  ${line}`);
    return [...(isLong ? [`  ${text}`] : []), ...first, ...rest];
  });
  return [[`${heading}:`, ...lines].join('\n')];
}
