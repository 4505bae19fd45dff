import { resolve } from 'node:path';
import type { z } from 'zod';
import { UsageError } from '../error.ts';
import type { SettingName } from '../fleet/kind.ts';
import type { FleetTiming } from '../fleet/fleet.ts';
import type { AwsSettings } from '../aws/client.ts';
import type { ConfigPlace, FleetKind } from '../fleet/kind.ts';
import { fleetKinds } from '../fleet/registry.ts';
import type { Puzzle } from '../puzzle/puzzle.ts';
import { makePuzzle } from '../puzzle/definition.ts';
import type { Space } from '../search/search.ts';
import { makeSpace } from '../search/space.ts';
import type { ConfigFile } from './file.ts';
import { refuseForeignFlags, withFleet } from './chosen-fleet.ts';
import { type Layer, environmentLayer, fileLayer, flagLayer } from './layer.ts';
import { nearest } from './nearest.ts';
import { type Settings, defaultsOf, longestTimeLimit, settingsSchema } from './schema.ts';
import { settingNames } from './setting.ts';
import { visible } from '../visible.ts';

/** Everything a run is told, judged and complete. */
export interface RunConfig {
  /** N: instances asked for. */
  readonly instances: number;
  /** T, in seconds. */
  readonly timeLimit: number;
  /** With fewer instances than this nothing is searched. */
  readonly minimum: number;
  /** US dollars that the run may cost at most; undefined: any. */
  readonly maxCost: number | undefined;
  /** The kind of the chosen fleet, and what it is made with. */
  readonly fleet: string;
  readonly fleetKind: FleetKind;
  readonly fleetConfig: unknown;
  /** Where and as whom AWS is called, if it is. */
  readonly aws: AwsSettings;
  readonly puzzle: Puzzle;
  readonly space: Space;
  readonly smallest: boolean;
  readonly kernel: Settings['kernel'];
  readonly logs: Settings['logs'];
}

/** Where settings come from, strongest first when merged: flags, environment, file, defaults. */
export interface ConfigSources {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
  readonly file: ConfigFile | undefined;
  /** What holds where nothing else is said, besides the defaults: for commands that do not need all of it. */
  readonly fallback?: Readonly<Record<string, unknown>>;
}

/** The configuration of a run, on one of these kinds of fleets. @throws UsageError naming the field, its value and the remedy. */
export function resolveConfig(
  { flags, env, file, fallback = {} }: ConfigSources,
  kinds: readonly FleetKind[] = fleetKinds,
): RunConfig {
  if (file) judgeFile(file, kinds);
  const names = settingNames(kinds);
  const given = flagLayer(flags, names);
  const layers = [given, environmentLayer(env, names), ...(file ? [fileLayer(file)] : [])];
  const context: Judging = { layers, kinds, names };
  const settings = judge(
    withFleet(merge(layers, { ...defaultsOf(kinds), ...fallback }), layers, kinds),
    context,
  );
  const fleetKind = chosen(settings.fleet, kinds);
  refuseForeignFlags(given, fleetKind, kinds, (key) => valueAt(settings, key.split('.')) !== undefined);
  requireAtMost(settings.N, settings.maxN, context);
  requireMinimum(settings, context);
  requireExisting(settings, fleetKind, context);
  const named = <T>(make: () => T): T => withOrigins(make, context);
  const puzzle = named(() =>
    makePuzzle({
      scheme: settings.scheme,
      block: settings.block,
      unit: settings.unit,
      difficulty: settings.D,
      header: settings.header,
    }),
  );
  const space = named(() =>
    makeSpace(
      { from: settings.from, limit: settings.limit, chunk: settings.chunk },
      settings.scheme,
      settings.N,
    ),
  );
  const place: ConfigPlace = { directory: file?.directory ?? '.', env };
  return {
    instances: settings.N,
    timeLimit: settings.T,
    minimum: settings.minN,
    maxCost: settings.maxCost,
    fleet: settings.fleet,
    fleetKind,
    fleetConfig: fleetKind.config(groupOf(settings, fleetKind), place),
    aws: awsOf(settings, kinds, place),
    puzzle,
    space,
    smallest: settings.smallest,
    kernel: settings.kernel,
    logs: { ...settings.logs, directory: resolve(file?.directory ?? '.', settings.logs.directory) },
  };
}

/** What settings are judged against, and told with. */
interface Judging {
  readonly layers: readonly Layer[];
  readonly kinds: readonly FleetKind[];
  readonly names: readonly SettingName[];
}

function chosen(name: string, kinds: readonly FleetKind[]): FleetKind {
  const kind = kinds.find((candidate) => candidate.name === name);
  if (!kind) throw new TypeError(`there is no fleet ${name}`);
  return kind;
}

/** The settings of a fleet, judged by its own schema as part of all. */
function groupOf(settings: Readonly<Record<string, unknown>>, { name }: FleetKind): Record<string, unknown> {
  return Object(settings[name]);
}

function awsOf(
  settings: Readonly<Record<string, unknown>>,
  kinds: readonly FleetKind[],
  place: ConfigPlace,
): AwsSettings {
  const kind = kinds.find((candidate) => candidate.aws !== undefined);
  return kind?.aws?.(kind.config(groupOf(settings, kind), place)) ?? {};
}

/**
 * Refuses a T that leaves no time to search.
 * @throws UsageError when T is below the fleet's reserve plus two seconds.
 */
export function judgeTimeLimit(timeLimit: number, { reserve }: FleetTiming): void {
  const least = reserve + 2;
  if (timeLimit >= least) return;
  throw new UsageError('bad-setting', `T is ${timeLimit}: must be at least ${least} seconds on this fleet`, {
    about: 'T',
    hint: `${reserve} s of it are kept for teardown; give --T ${least} to ${longestTimeLimit}`,
  });
}

function merge(
  layers: readonly Layer[],
  fallback: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...fallback };
  for (const { values } of layers.toReversed()) {
    for (const [key, value] of Object.entries(values)) merged[key] = overlay(merged[key], value);
  }
  return merged;
}

/** A group of settings (`logs`, `local`, `ec2`) is merged key by key; everything else is replaced. */
function overlay(under: unknown, over: unknown): unknown {
  const isGroup = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return isGroup(under) && isGroup(over) ? { ...under, ...over } : over;
}

function judge(values: Record<string, unknown>, context: Judging): Settings & Record<string, unknown> {
  const judged = settingsSchema(context.kinds).safeParse(values);
  if (judged.success) return judged.data;
  throw complaint(judged.error, values, (path) => origin(path, context), context.kinds);
}

/** Settings as a file holds them: any of them may be absent. */
function fileSchema(kinds: readonly FleetKind[]) {
  const schema = settingsSchema(kinds);
  const groups = kinds.map((kind) => [kind.name, kind.schema.partial()] as const);
  return schema.extend({ logs: schema.shape.logs.partial(), ...Object.fromEntries(groups) }).partial();
}

/** What a file says of the archive. */
export interface FileSettings {
  readonly logs?:
    { readonly [Key in keyof Settings['logs']]?: Settings['logs'][Key] | undefined } | undefined;
  /** Where and as whom AWS is called, if it is. */
  readonly aws: AwsSettings;
}

/**
 * The file is judged whole, also where a flag overrides it: a wrong key there must not wait to be noticed.
 * @throws UsageError
 */
export function judgeFile(file: ConfigFile, kinds: readonly FleetKind[] = fleetKinds): FileSettings {
  const judged = fileSchema(kinds).safeParse(file.content);
  if (!judged.success)
    throw complaint(judged.error, file.content, (path) => `${path.join('.')} in ${file.path}`, kinds);
  const place = { directory: file.directory, env: process.env };
  return { logs: judged.data.logs, aws: awsOf(judged.data, kinds, place) };
}

function origin(path: readonly PropertyKey[], { layers, names }: Judging): string {
  const first = String(path[0]);
  const layer =
    layers.find(({ values }) => valueAt(values, path) !== undefined) ??
    layers.find(({ values }) => values[first] !== undefined);
  // What has a flag or a variable of its own is a setting or a member of a group; deeper parts come from the file.
  const named = names.find(({ key }) => key === path.slice(0, 2).map(String).join('.'));
  const depth = named ? 2 : 1;
  const key = path.slice(0, depth).map(String).join('.');
  // A flag or a variable is one text, whatever it is made into.
  const rest = layer && !layer.lasting ? [] : path.slice(depth).map((part) => `.${String(part)}`);
  return `${layer?.origin(key) ?? flagOf(key, names)}${rest.join('')}`;
}

function flagOf(key: string, names: readonly SettingName[]): string {
  return `--${names.find((name) => name.key === key)?.flag ?? key}`;
}

function valueAt(values: Readonly<Record<string, unknown>>, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    values,
  );
}

const examples: Readonly<Record<string, string>> = {
  N: '--N 4',
  T: '--T 60',
  D: '--D 6',
  fleet: '--fleet local',
  minN: '--min-N 1',
  maxCost: '--max-cost 0.50',
  scheme: '--scheme sha256d',
  unit: '--unit bits',
  from: '--from 0',
  limit: '--limit 4294967296',
  chunk: '--chunk 1000000',
  kernel: '--kernel python',
};

function complaint(
  error: z.ZodError,
  values: Readonly<Record<string, unknown>>,
  name: (path: readonly PropertyKey[]) => string,
  kinds: readonly FleetKind[],
): UsageError {
  const [issue] = error.issues;
  if (!issue) return new UsageError('bad-setting', error.message);
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.path, issue.keys, name, kinds);
  const path = writtenPath(issue.path, values);
  const value = valueAt(values, path);
  const known: Readonly<Record<string, string>> = Object.assign(
    {},
    examples,
    ...kinds.map((kind) => kind.examples),
  );
  const example = known[path.slice(0, 2).map(String).join('.')] ?? known[String(path[0])];
  const hint = example ? `for example ${example}` : 'see cnd start --help';
  const about = path.map(String).join('.');
  if (value === undefined) {
    return new UsageError('missing-setting', `${name(path)} is not given: ${issue.message}`, {
      about,
      hint,
    });
  }
  return new UsageError('bad-setting', `${name(path)} is ${show(value)}: ${issue.message}`, {
    about,
    hint,
  });
}

/** A list can be written as one text with commas: then no part of it is a setting of its own. */
function writtenPath(path: readonly PropertyKey[], values: unknown): readonly PropertyKey[] {
  const parent = path.slice(0, -1);
  return typeof valueAt(Object(values), parent) === 'string' ? parent : path;
}

function unknownKey(
  path: readonly PropertyKey[],
  keys: readonly string[],
  name: (path: readonly PropertyKey[]) => string,
  kinds: readonly FleetKind[],
): UsageError {
  const key = keys[0] ?? '';
  const valid = validKeys(path, kinds);
  const near = nearest(key, valid);
  return new UsageError('unknown-setting', `${name([...path, visible(key)])} is not a setting`, {
    about: [...path, key].map(String).join('.'),
    hint: near ? `did you mean ${[...path, near].map(String).join('.')}?` : `valid here: ${valid.join(', ')}`,
  });
}

function validKeys(path: readonly PropertyKey[], kinds: readonly FleetKind[]): readonly string[] {
  const [group, ...below] = path;
  const schema = settingsSchema(kinds);
  if (group === undefined) return Object.keys(schema.shape);
  if (group === 'logs') return Object.keys(schema.shape.logs.shape);
  const kind = kinds.find(({ name }) => name === group);
  return (below.length === 0 ? kind && Object.keys(kind.schema.shape) : kind?.keysAt?.(below)) ?? [];
}

function requireAtMost(instances: number, most: number, context: Judging): void {
  if (instances <= most) return;
  throw new UsageError('bad-setting', `${origin(['N'], context)} is ${instances}: must be at most ${most}`, {
    about: 'N',
    hint: `for more, raise maxN in cnd.config.json`,
  });
}

/** More than there are can never be had. */
function requireExisting(
  settings: Settings & Record<string, unknown>,
  kind: FleetKind,
  context: Judging,
): void {
  const { N } = settings;
  const most = kind.most?.(groupOf(settings, kind));
  if (most === undefined || N <= most) return;
  const what = `${origin(['N'], context)} is ${N}: there are only ${most} ${kind.name}`;
  throw new UsageError('bad-setting', what, {
    about: 'N',
    hint: `name more ${kind.name}, or give --N ${most}; without it all ${kind.name} are used`,
  });
}

/** A minimum above N can never be had. */
function requireMinimum({ N, minN }: Settings, context: Judging): void {
  if (minN <= N) return;
  throw new UsageError(
    'bad-setting',
    `${origin(['minN'], context)} is ${minN}: must be at most N, which is ${N}`,
    {
      about: 'minN',
      hint: `for example --min-N ${N}`,
    },
  );
}

/** Errors of the puzzle and the nonce space name a field; the user knows it by flag, variable or key. */
function withOrigins<T>(make: () => T, context: Judging): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UsageError) || error.about === undefined) throw error;
    const key = error.about === 'difficulty' ? 'D' : error.about;
    const named = `${origin([key], context)}: ${error.message}`;
    throw new UsageError(error.code, named, {
      about: key,
      cause: error,
      ...(error.hint && { hint: error.hint }),
    });
  }
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
  return visible(text);
}
