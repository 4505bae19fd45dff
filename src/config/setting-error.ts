import type { z } from 'zod';
import { UsageError } from '../error.ts';
import type { FleetKind } from '../fleet/kind.ts';
import { visible } from '../text.ts';
import { nearest } from './nearest.ts';
import { valueAt } from './origin.ts';
import { settingsSchema } from './schema.ts';

/** A right value of each common setting that has a flag, for hints. */
const examples: Readonly<Record<string, string>> = {
  N: '--N 4',
  T: '--T 60',
  D: '--D 6',
  fleet: '--fleet local',
  minN: '--min-N 1',
  maxCost: '--max-cost 0.50',
  confirmAbove: '--confirm-above 5',
  scheme: '--scheme sha256d',
  unit: '--unit bits',
  from: '--from 0',
  limit: '--limit 4294967296',
  chunk: '--chunk 1000000',
  kernel: '--kernel python',
  checkpoint: '--checkpoint 30',
};

/** The first error that a schema found, in words: the setting as `name` names it, its value, and an example. Pure. */
export function settingError(
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

function show(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
  return visible(text);
}
