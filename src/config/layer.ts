import { UsageError } from '../error.ts';
import type { SettingName } from '../fleet/kind.ts';
import type { ConfigFile } from './file.ts';
import { visible } from '../text.ts';

/** Raw settings from one place, and how that place is named in messages. */
export interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  /** It is there for many runs, so that not all it holds is meant for this one. */
  readonly lasting?: true;
  /** The words for a setting of this layer, by its dotted key: `--N`, `CND_INSTANCES`, `ec2.region in cnd.config.json`. */
  origin(key: string): string;
}

/** Flags as the command line gives them: strings, or true; what was not given is undefined. */
export function flagLayer(flags: Readonly<Record<string, unknown>>, names: readonly SettingName[]): Layer {
  const values: Record<string, unknown> = {};
  for (const { key, flag, read } of names) {
    const value = flags[flag];
    const isText = typeof value === 'string' || typeof value === 'boolean';
    if (value !== undefined) put(values, key, read && isText ? read(String(value)) : value);
  }
  return { values, origin: (key) => `--${names.find((name) => name.key === key)?.flag ?? key}` };
}

/** Environment variables; an empty one counts as not set. */
export function environmentLayer(env: NodeJS.ProcessEnv, names: readonly SettingName[]): Layer {
  const values: Record<string, unknown> = {};
  for (const { key, variable, boolean, read } of names) {
    const text = variable === undefined ? undefined : env[variable];
    if (text === undefined || text === '') continue;
    put(values, key, boolean ? asBoolean(variable ?? key, text) : read ? read(text) : text);
  }
  return { values, origin: (key) => names.find((name) => name.key === key)?.variable ?? key };
}

/** The configuration file's settings. */
export function fileLayer(file: ConfigFile): Layer {
  return { values: file.content, lasting: true, origin: (key) => `${key} in ${file.path}` };
}

/** Sets `ec2.region` as the `region` of the group `ec2`. */
function put(values: Record<string, unknown>, key: string, value: unknown): void {
  const [group = '', member] = key.split('.');
  values[group] = member === undefined ? value : Object.assign({}, values[group], { [member]: value });
}

function asBoolean(variable: string, text: string): boolean {
  if (['1', 'true', 'yes'].includes(text)) return true;
  if (['0', 'false', 'no'].includes(text)) return false;
  throw new UsageError('bad-setting', `${variable} is '${visible(text)}': must be true or false`, {
    about: variable,
    hint: `for example ${variable}=true`,
  });
}

/** The settings that say what makes a digest golden, with those that have no meaning beside each. */
const goals: Readonly<Record<string, readonly string[]>> = {
  D: ['prefix', 'suffix', 'digest'],
  prefix: ['D', 'unit', 'suffix', 'digest'],
  suffix: ['D', 'unit', 'prefix', 'digest'],
  digest: ['D', 'unit', 'prefix', 'suffix'],
};

/** What only puzzles of a text have. */
const ofText = ['D', 'prefix', 'suffix', 'digest', 'unit', 'block', 'template'];

/**
 * Forgets the goal of weaker layers where this one gives a goal, and what they say of a text or a header where it gives a scheme
 * of the other: a file's D must contradict neither --prefix nor --scheme bitcoin.
 */
export function withPuzzle(weaker: Record<string, unknown>, values: Readonly<Record<string, unknown>>): void {
  const { scheme } = values;
  if (scheme !== undefined)
    for (const other of scheme === 'bitcoin' ? ofText : ['header']) delete weaker[other];
  for (const [goal, others] of Object.entries(goals)) {
    if (values[goal] === undefined) continue;
    for (const other of others) delete weaker[other];
  }
}
