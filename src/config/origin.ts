import { UsageError } from '../error.ts';
import type { FleetKind, SettingName } from '../fleet/kind.ts';
import type { Layer } from './layer.ts';

/** What settings are judged against, and named by in messages. */
export interface Judging {
  readonly layers: readonly Layer[];
  readonly kinds: readonly FleetKind[];
  readonly names: readonly SettingName[];
}

/** A setting as the user wrote it: by its flag, variable, or key and file. Pure. */
export function origin(path: readonly PropertyKey[], { layers, names }: Judging): string {
  const first = String(path[0]);
  const layer =
    layers.find(({ values }) => valueAt(values, path) !== undefined) ??
    layers.find(({ values }) => values[first] !== undefined);
  // What has a flag or a variable of its own is a setting or a member of a group; deeper parts come from the file.
  const named = names.find(({ key }) => key === path.slice(0, 2).map(String).join('.'));
  const depth = named ? 2 : 1;
  const key = path.slice(0, depth).map(String).join('.');
  // A flag or a variable is one text, whatever it is made into.
  if (layer?.lasting) return layer.origin(path.map(String).join('.'));
  return layer?.origin(key) ?? flagOf(key, names);
}

function flagOf(key: string, names: readonly SettingName[]): string {
  return `--${names.find((name) => name.key === key)?.flag ?? key}`;
}

/** The value at a path of nested settings; undefined where there is none. Pure. */
export function valueAt(values: Readonly<Record<string, unknown>>, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    values,
  );
}

/** Errors of the puzzle and the nonce space name a field; the user knows it by flag, variable or key. */
export function withOrigins<T>(make: () => T, context: Judging): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UsageError) || error.about === undefined) throw error;
    const field = error.about;
    const key = field === 'difficulty' ? 'D' : field;
    const name = origin([key], context);
    const words = error.message.startsWith(`${field} `)
      ? error.message.slice(field.length)
      : `: ${error.message}`;
    const named = `${name}${words}`;
    throw new UsageError(error.code, named, {
      about: key,
      cause: error,
      ...(error.hint && { hint: error.hint }),
    });
  }
}
