import { resolve } from 'node:path';
import type { z } from 'zod';
import { UsageError } from '../error.ts';
import type { FleetTiming } from '../fleet/fleet.ts';
import type { HostsConfig } from '../fleet/hosts/config.ts';
import type { Puzzle } from '../puzzle/puzzle.ts';
import { makePuzzle } from '../puzzle/definition.ts';
import type { Space } from '../search/search.ts';
import { makeSpace } from '../search/space.ts';
import type { ConfigFile } from './file.ts';
import { hostKeys } from './host.ts';
import { hostsConfig, withHosts } from './hosts.ts';
import { type Layer, environmentLayer, fileLayer, flagLayer } from './layer.ts';
import { ec2Config, ec2Schema } from '../fleet/ec2/schema.ts';
import { nearest } from './nearest.ts';
import { type Settings, defaults, longestTimeLimit, settingsSchema } from './schema.ts';
import { settingNames } from './setting.ts';
import { visible } from './visible.ts';

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
  readonly fleet: Settings['fleet'];
  readonly puzzle: Puzzle;
  readonly space: Space;
  readonly smallest: boolean;
  readonly kernel: Settings['kernel'];
  readonly logs: Settings['logs'];
  readonly local: Settings['local'];
  readonly hosts: HostsConfig;
  readonly ec2: Settings['ec2'];
}

/** Where settings come from, strongest first when merged: flags, environment, file, defaults. */
export interface ConfigSources {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
  readonly file: ConfigFile | undefined;
  /** What holds where nothing else is said, besides the defaults: for commands that do not need all of it. */
  readonly fallback?: Readonly<Record<string, unknown>>;
}

/** The configuration of a run. @throws UsageError naming the field, its value and the remedy. */
export function resolveConfig({ flags, env, file, fallback = {} }: ConfigSources): RunConfig {
  if (file) judgeFile(file);
  const layers = [flagLayer(flags), environmentLayer(env), ...(file ? [fileLayer(file)] : [])];
  const settings = judge(withHosts(merge(layers, fallback), layers), layers);
  requireAtMost(settings.N, settings.maxN, layers);
  requireMinimum(settings, layers);
  requireHosts(settings, layers);
  const named = <T>(make: () => T): T => withOrigins(make, layers);
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
    makeSpace({ from: settings.from, limit: settings.limit, chunk: settings.chunk }, settings.scheme),
  );
  return {
    instances: settings.N,
    timeLimit: settings.T,
    minimum: settings.minN,
    maxCost: settings.maxCost,
    fleet: settings.fleet,
    puzzle,
    space,
    smallest: settings.smallest,
    kernel: settings.kernel,
    logs: { ...settings.logs, directory: resolve(file?.directory ?? '.', settings.logs.directory) },
    local: settings.local,
    hosts: hostsConfig(settings.hosts, file?.directory ?? '.', env),
    ec2: ec2Config(settings.ec2, file?.directory ?? '.', env),
  };
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
  const merged: Record<string, unknown> = { ...defaults, ...fallback };
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

function judge(values: Record<string, unknown>, layers: readonly Layer[]): Settings {
  const judged = settingsSchema.safeParse(values);
  if (judged.success) return judged.data;
  throw complaint(judged.error, values, (path) => origin(path, layers));
}

/** Settings as a file holds them: any of them may be absent. */
const fileSchema = settingsSchema
  .extend({
    logs: settingsSchema.shape.logs.partial(),
    local: settingsSchema.shape.local.partial(),
    hosts: settingsSchema.shape.hosts.partial(),
    ec2: settingsSchema.shape.ec2.partial(),
  })
  .partial();

/**
 * The file is judged whole, also where a flag overrides it: a wrong key there must not wait to be noticed.
 * @throws UsageError
 */
export function judgeFile(file: ConfigFile): z.output<typeof fileSchema> {
  const judged = fileSchema.safeParse(file.content);
  if (judged.success) return judged.data;
  throw complaint(judged.error, file.content, (path) => `${path.join('.')} in ${file.path}`);
}

function origin(path: readonly PropertyKey[], layers: readonly Layer[]): string {
  const first = String(path[0]);
  const layer =
    layers.find(({ values }) => valueAt(values, path) !== undefined) ??
    layers.find(({ values }) => values[first] !== undefined);
  // What has a flag or a variable of its own is a setting or a member of a group; deeper parts come from the file.
  const named = settingNames.find(({ key }) => key === path.slice(0, 2).map(String).join('.'));
  const depth = named ? 2 : 1;
  const key = path.slice(0, depth).map(String).join('.');
  // A flag or a variable is one text, whatever it is made into.
  const rest = layer && !layer.lasting ? [] : path.slice(depth).map((part) => `.${String(part)}`);
  return `${layer?.origin(key) ?? flagOf(key)}${rest.join('')}`;
}

function flagOf(key: string): string {
  return `--${settingNames.find((name) => name.key === key)?.flag ?? key}`;
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
  'ec2.region': '--region eu-west-1',
  'ec2.types': '--type c7a.medium,c7i.large',
  'ec2.image': '--image ubuntu-24.04',
  'ec2.sshFrom': '"sshFrom": "203.0.113.7/32"',
  'ec2.jump': '"jump": { "via": "ec2-user@bastion.example.com" }',
  scheme: '--scheme sha256d',
  unit: '--unit bits',
  from: '--from 0',
  limit: '--limit 4294967296',
  chunk: '--chunk 1000000',
  kernel: '--kernel python',
  hosts: '--hosts user@a,user@b:2222',
};

function complaint(
  error: z.ZodError,
  values: Readonly<Record<string, unknown>>,
  name: (path: readonly PropertyKey[]) => string,
): UsageError {
  const [issue] = error.issues;
  if (!issue) return new UsageError('bad-setting', error.message);
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.path, issue.keys, name);
  const path = writtenPath(issue.path, values);
  const value = valueAt(values, path);
  const example = examples[path.slice(0, 2).map(String).join('.')] ?? examples[String(path[0])];
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
): UsageError {
  const key = keys[0] ?? '';
  const valid = validKeys(path);
  const near = nearest(key, valid);
  return new UsageError('unknown-setting', `${name([...path, visible(key)])} is not a setting`, {
    about: [...path, key].map(String).join('.'),
    hint: near ? `did you mean ${[...path, near].map(String).join('.')}?` : `valid here: ${valid.join(', ')}`,
  });
}

function validKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path[0] === 'ec2')
    return Object.keys(path.length === 1 ? ec2Schema.shape : ec2Schema.shape.jump.unwrap().shape);
  if (path.length === 0) return Object.keys(settingsSchema.shape);
  if (path[0] === 'logs') return Object.keys(settingsSchema.shape.logs.shape);
  if (path[0] === 'hosts' && path.length === 1) return Object.keys(settingsSchema.shape.hosts.shape);
  if (path[0] === 'hosts') return hostKeys;
  if (path[0] === 'local' && path.length === 1) return Object.keys(settingsSchema.shape.local.shape);
  return ['instance', 'failure', 'after'];
}

function requireAtMost(instances: number, most: number, layers: readonly Layer[]): void {
  if (instances <= most) return;
  throw new UsageError('bad-setting', `${origin(['N'], layers)} is ${instances}: must be at most ${most}`, {
    about: 'N',
    hint: `for more, raise maxN in cnd.config.json`,
  });
}

function requireHosts({ fleet, N, hosts }: Settings, layers: readonly Layer[]): void {
  const most = hosts.list.length;
  // An empty list is judged where it is needed, with words of its own.
  if (fleet !== 'hosts' || most === 0 || N <= most) return;
  throw new UsageError('bad-setting', `${origin(['N'], layers)} is ${N}: there are only ${most} hosts`, {
    about: 'N',
    hint: `name more hosts, or give --N ${most}; without it every host is used`,
  });
}

/** A minimum above N can never be had. */
function requireMinimum({ N, minN }: Settings, layers: readonly Layer[]): void {
  if (minN <= N) return;
  throw new UsageError(
    'bad-setting',
    `${origin(['minN'], layers)} is ${minN}: must be at most N, which is ${N}`,
    {
      about: 'minN',
      hint: `for example --min-N ${N}`,
    },
  );
}

/** Errors of the puzzle and the nonce space name a field; the user knows it by flag, variable or key. */
function withOrigins<T>(make: () => T, layers: readonly Layer[]): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UsageError) || error.about === undefined) throw error;
    const key = error.about === 'difficulty' ? 'D' : error.about;
    const named = `${origin([key], layers)}: ${error.message}`;
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
