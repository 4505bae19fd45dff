import { CndError } from '../error.ts';
import type { FleetKind } from '../fleet/kind.ts';
import type { Layer } from './layer.ts';

/** Of a record, what says what was searched, and on what. */
export interface RecordedSettings {
  readonly run: string;
  /** Which part of the fleet: a region. */
  readonly where?: string | undefined;
  readonly config: {
    readonly N: number;
    readonly T: number;
    readonly fleet: string;
    readonly puzzle: { readonly difficulty?: number | undefined; readonly [field: string]: unknown };
    readonly [setting: string]: unknown;
  };
}

/** Settings of the puzzle and the space: they are the record's alone, whatever a file or the environment says. */
const ofSearch = [
  'scheme',
  'block',
  'template',
  'unit',
  'D',
  'prefix',
  'suffix',
  'digest',
  'header',
  'from',
  'limit',
  'chunk',
  'smallest',
  'kernel',
] as const;

/**
 * The settings of a run as a layer for another one that resumes it: puzzle, space, N, T and the fleet; of the fleet's own
 * settings those that its kind keeps: what machines there are, never how they are reached, which is the user's to say.
 * They are judged as any layer is. Pure.
 */
export function resumedLayer({ run, config, where }: RecordedSettings, kinds: readonly FleetKind[]): Layer {
  const { N, T, fleet, puzzle } = config;
  const { difficulty, ...definition } = puzzle;
  const given: Record<string, unknown> = { ...definition, ...config, D: difficulty };
  const kind = kinds.find(({ name }) => name === fleet);
  if (!kind)
    throw new CndError(
      'unknown-fleet',
      `run ${run} was on the fleet '${fleet}', which this cnd does not know`,
      {
        about: run,
        hint: 'name a fleet with --fleet',
      },
    );
  const whereKey = kind.kept?.where;
  const place = whereKey !== undefined && where !== undefined ? { [whereKey]: where } : {};
  return {
    lasting: true,
    values: {
      // What is undefined hides what a file says.
      ...Object.fromEntries(ofSearch.map((key) => [key, given[key]])),
      N,
      T,
      fleet,
      [fleet]: { ...keptSettings(kind, config[fleet]), ...place },
    },
    origin: (key) => `${key} in the record of ${run}`,
  };
}

/** Of a fleet's own settings those that a run takes over that resumes another. Pure. */
export function keptSettings({ kept }: FleetKind, settings: unknown): Record<string, Kept> {
  const values: Record<string, unknown> = Object(settings);
  return Object.fromEntries(
    (kept?.keys ?? []).flatMap((key): [string, Kept][] => {
      const value = values[key];
      return isKept(value) ? [[key, value]] : [];
    }),
  );
}

type Kept = string | boolean | string[];

function isKept(value: unknown): value is Kept {
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string');
  return isList || typeof value === 'string' || typeof value === 'boolean';
}
