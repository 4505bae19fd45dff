import { UsageError } from '../error.ts';
import type { FleetKind } from '../fleet/kind.ts';
import { type Judging, origin, valueAt } from './origin.ts';
import type { Settings } from './schema.ts';

// What settings ask of each other, once each is right by itself.

/** N above `maxN` is a typo. */
export function requireAtMost(instances: number, most: number, context: Judging): void {
  if (instances <= most) return;
  throw new UsageError('bad-setting', `${origin(['N'], context)} is ${instances}: must be at most ${most}`, {
    about: 'N',
    hint: 'for more, raise maxN in cnd.config.json',
  });
}

/** More than there are can never be had. */
export function requireExisting(
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
export function requireMinimum({ N, minN }: Settings, context: Judging): void {
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

/** Where machines are only borrowed there is none to be launched in place of one that is lost. */
export function requireReplaceable({ replace }: Settings, kind: FleetKind, context: Judging): void {
  if (!replace || kind.releases === undefined) return;
  const what = `${origin(['replace'], context)} is true: ${kind.name} are machines that exist already, and no other can be launched in place of a lost one`;
  throw new UsageError('bad-setting', what, {
    about: 'replace',
    hint: `omit --replace; the other ${kind.name} search what a lost one held`,
  });
}

/** A fleet's settings may be about instances that the run does not have. */
export function requireMatch(
  settings: Settings & Record<string, unknown>,
  kind: FleetKind,
  context: Judging,
): void {
  // Commands that launch nothing suppose some N: nobody asked for it.
  if (context.layers.every(({ values }) => values['N'] === undefined)) return;
  const found = kind.mismatch?.(groupOf(settings, kind), settings.N);
  if (!found) return;
  const path = [kind.name, ...found.path];
  const what = `${origin(path, context)} is ${String(valueAt(settings, path))}: ${found.error}`;
  throw new UsageError('bad-setting', what, { about: path.map(String).join('.'), hint: found.hint });
}

/** The settings of a fleet, judged by its own schema as part of all. */
export function groupOf(
  settings: Readonly<Record<string, unknown>>,
  { name }: FleetKind,
): Record<string, unknown> {
  return Object(settings[name]);
}
