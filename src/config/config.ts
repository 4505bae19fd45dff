import { resolve } from 'node:path';
import { UsageError } from '../error.ts';
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
import { settingError } from './setting-error.ts';
import { type Layer, environmentLayer, fileLayer, flagLayer, withPuzzle } from './layer.ts';
import { type Judging, origin, valueAt, withOrigins } from './origin.ts';
import {
  groupOf,
  requireAtMost,
  requireExisting,
  requireMatch,
  requireMinimum,
  requireReplaceable,
} from './requirement.ts';
import { type Settings, defaultsOf, longestTimeLimit, settingsSchema } from './schema.ts';
import { settingNames } from './setting.ts';

/** Everything a run is told, judged and complete. */
export interface RunConfig {
  /** N: instances asked for. */
  readonly instances: number;
  /** T, in seconds. */
  readonly timeLimit: number;
  /** How many instances there may be at most. */
  readonly maxInstances: number;
  /** With fewer instances than this nothing is searched. */
  readonly minimum: number;
  /** US dollars that the run may cost at most; undefined: any. */
  readonly maxCost: number | undefined;
  /** US dollars: a run that may cost more is confirmed by the user, where one can be asked. */
  readonly confirmAbove: number;
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
  /** Seconds for which an instance that cannot be reached searches on, and keeps what it searches. */
  readonly linger: number;
  /** The part of what instances claim that is searched again, 0 … 1. */
  readonly audit: number | undefined;
  /** Seconds between two checkpoints; 0: none. */
  readonly checkpoint: number;
  /** Another instance is launched in place of one that its fleet has ended. */
  readonly replace: boolean;
  readonly logs: Settings['logs'];
  /** What all of this was made from. */
  readonly source: ConfigSource;
}

/** The settings of a run as they were given, merged and not yet judged, so that another process can judge them again: JSON. */
export interface ConfigSource {
  readonly settings: Readonly<Record<string, unknown>>;
  /** What relative paths in them are relative to; absolute. */
  readonly directory: string;
}

/** Where settings come from, strongest first when merged: flags, environment, file, defaults. */
export interface ConfigSources {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
  readonly file: ConfigFile | undefined;
  /** The settings of the run that is resumed: stronger than the environment. */
  readonly resumed?: Layer | undefined;
  /** What holds where nothing else is said, besides the defaults: for commands that do not need all of it. */
  readonly fallback?: Readonly<Record<string, unknown>>;
}

/** The configuration of a run, on one of these kinds of fleets. @throws UsageError naming the field, its value and the remedy. */
export function resolveConfig(
  { flags, env, file, resumed, fallback = {} }: ConfigSources,
  kinds: readonly FleetKind[] = fleetKinds,
): RunConfig {
  if (file) validateFile(file, kinds);
  const names = settingNames(kinds);
  const given = flagLayer(flags, names);
  const layers = [
    given,
    ...(resumed ? [resumed] : []),
    environmentLayer(env, names),
    ...(file ? [fileLayer(file)] : []),
  ];
  const context: Judging = { layers, kinds, names };
  const values = withFleet(merge(layers, { ...defaultsOf(kinds), ...fallback }), layers, kinds);
  const settings = judge(values, context);
  const fleetKind = chosen(settings.fleet, kinds);
  refuseForeignFlags(given, fleetKind, kinds, (key) => valueAt(settings, key.split('.')) !== undefined);
  const { $schema: _, ...meant } = values;
  const source = { settings: meant, directory: resolve(file?.directory ?? '.') };
  return complete(settings, source, context, env);
}

/** The configuration of a run that another process has begun. @throws UsageError when nothing can be made of it. */
export function restoreConfig(
  source: ConfigSource,
  env: NodeJS.ProcessEnv,
  kinds: readonly FleetKind[] = fleetKinds,
): RunConfig {
  const layer = {
    values: source.settings,
    lasting: true as const,
    origin: (key: string) => `${key} of the run's live state`,
  };
  const context: Judging = { layers: [layer], kinds, names: settingNames(kinds) };
  return complete(judge({ ...source.settings }, context), source, context, env);
}

/** What settings ask of each other is judged, and all is made of them. */
function complete(
  settings: Settings & Record<string, unknown>,
  source: ConfigSource,
  context: Judging,
  env: NodeJS.ProcessEnv,
): RunConfig {
  const { kinds } = context;
  const { directory } = source;
  const fleetKind = chosen(settings.fleet, kinds);
  requireAtMost(settings.N, settings.maxN, context);
  requireMinimum(settings, context);
  requireExisting(settings, fleetKind, context);
  requireReplaceable(settings, fleetKind, context);
  requireMatch(settings, fleetKind, context);
  const named = <T>(make: () => T): T => withOrigins(make, context);
  const puzzle = named(() =>
    makePuzzle({
      scheme: settings.scheme,
      block: settings.block,
      template: settings.template,
      unit: settings.unit,
      difficulty: settings.D,
      prefix: settings.prefix,
      suffix: settings.suffix,
      digest: settings.digest,
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
  const { sshConfig } = settings;
  const place: ConfigPlace = { directory, env, sshConfig };
  return {
    instances: settings.N,
    timeLimit: settings.T,
    maxInstances: settings.maxN,
    minimum: settings.minN,
    maxCost: settings.maxCost,
    confirmAbove: settings.confirmAbove,
    fleet: settings.fleet,
    fleetKind,
    fleetConfig: fleetKind.config(groupOf(settings, fleetKind), place),
    aws: awsOf(settings, kinds, place),
    puzzle,
    space,
    smallest: settings.smallest,
    kernel: settings.kernel,
    linger: settings.linger,
    audit: settings.audit,
    checkpoint: settings.checkpoint,
    replace: settings.replace,
    logs: { ...settings.logs, directory: resolve(directory, settings.logs.directory) },
    source,
  };
}

function chosen(name: string, kinds: readonly FleetKind[]): FleetKind {
  const kind = kinds.find((candidate) => candidate.name === name);
  if (!kind) throw new TypeError(`there is no fleet ${name}`);
  return kind;
}

function awsOf(
  settings: Readonly<Record<string, unknown>>,
  kinds: readonly FleetKind[],
  place: ConfigPlace,
): AwsSettings {
  return ofAws(settings, kinds, place, (kind, config) => kind.aws?.(config)) ?? {};
}

/** What the settings of the fleet that is on AWS say. */
function ofAws<T>(
  settings: Readonly<Record<string, unknown>>,
  kinds: readonly FleetKind[],
  place: ConfigPlace,
  read: (kind: FleetKind, config: unknown) => T | undefined,
): T | undefined {
  const kind = kinds.find((candidate) => candidate.aws !== undefined);
  return kind && read(kind, kind.config(groupOf(settings, kind), place));
}

/**
 * Refuses a T that leaves no time to search.
 * @throws UsageError when T is below the fleet's reserve plus two seconds.
 */
export function validateTimeLimit(timeLimit: number, { reserve }: FleetTiming): void {
  const least = reserve + 2;
  if (timeLimit >= least) return;
  throw new UsageError('bad-setting', `T is ${timeLimit}: must be at least ${least} seconds on this fleet`, {
    about: 'T',
    hint: `${reserve} s of it are reserved for teardown; give --T ${least} to ${longestTimeLimit}`,
  });
}

function merge(
  layers: Judging['layers'],
  fallback: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...fallback };
  for (const { values } of layers.toReversed()) {
    withPuzzle(merged, values);
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
  const validated = settingsSchema(context.kinds).safeParse(values);
  if (validated.success) return validated.data;
  throw settingError(validated.error, values, (path) => origin(path, context), context.kinds);
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
  /** The user's own tags, for what is created on AWS. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/**
 * The file is judged whole, also where a flag overrides it: a wrong key there must not wait to be noticed.
 * @throws UsageError
 */
export function validateFile(file: ConfigFile, kinds: readonly FleetKind[] = fleetKinds): FileSettings {
  const validated = fileSchema(kinds).safeParse(file.content);
  if (!validated.success)
    throw settingError(validated.error, file.content, (path) => `${path.join('.')} in ${file.path}`, kinds);
  const place = { directory: file.directory, env: process.env };
  const tags = ofAws(validated.data, kinds, place, (kind, config) => kind.tags?.(config));
  return { logs: validated.data.logs, aws: awsOf(validated.data, kinds, place), tags };
}
