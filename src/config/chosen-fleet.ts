import { UsageError } from '../error.ts';
import type { FleetKind } from '../fleet/kind.ts';
import type { Layer } from './layer.ts';

/**
 * Which fleet is meant: the strongest layer that names one, or gives the settings of a fleet that are enough to mean it
 * (a list of hosts); and how many instances where the fleet's settings say it.
 * @throws UsageError when one command line says both, and they differ.
 */
export function withFleet(
  merged: Record<string, unknown>,
  layers: readonly Layer[],
  kinds: readonly FleetKind[],
): Record<string, unknown> {
  const selected = ({ values }: Layer): FleetKind | undefined =>
    kinds.find((kind) => kind.isImpliedBy?.(values[kind.name]) === true);
  const layer = layers.find((one) => one.values['fleet'] !== undefined || selected(one));
  const kind = layer && selected(layer);
  const fleet = layer?.values['fleet'] ?? kind?.name ?? merged['fleet'];
  // A file may hold a list for another day; on one command line the two contradict each other.
  if (layer && kind && fleet !== kind.name && !layer.lasting) {
    throw new UsageError(
      'bad-setting',
      `${layer.origin(kind.name)} is given, but ${layer.origin('fleet')} is '${String(fleet)}'`,
      { about: kind.name, hint: 'omit one of them' },
    );
  }
  const settings: Record<string, unknown> = { ...merged, fleet };
  const count = kinds.find(({ name }) => name === fleet)?.count?.(merged[String(fleet)]);
  if (count !== undefined) settings['N'] ??= count;
  return settings;
}

/**
 * A flag of another fleet would silently do nothing. A file or the environment may hold settings for another day.
 * @param isGiven Whether a setting has a value, by its dotted key.
 * @throws UsageError naming the flag and its fleet.
 */
export function refuseForeignFlags(
  flags: Layer,
  chosen: FleetKind,
  kinds: readonly FleetKind[],
  isGiven: (key: string) => boolean,
): void {
  for (const kind of kinds) {
    if (kind === chosen) continue;
    for (const { key, alsoFor } of kind.settings) {
      const [group = '', member] = key.split('.');
      const values: unknown = flags.values[group];
      const given = member === undefined ? values : Object(values)[member];
      if (given === undefined || (alsoFor !== undefined && isGiven(alsoFor))) continue;
      throw new UsageError(
        'foreign-setting',
        `${flags.origin(key)} is a setting of the fleet ${kind.name}, but the fleet is ${chosen.name}`,
        { about: key, hint: `add --fleet ${kind.name}, or omit it` },
      );
    }
  }
}
