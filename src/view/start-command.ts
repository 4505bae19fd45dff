import { defaultBlock } from '../puzzle/block.ts';
import { defaultUnit } from '../puzzle/definition.ts';
import type { PuzzleFields } from '../puzzle/verify-command.ts';
import { defaultLimit } from '../search/space.ts';
import { quote } from '../text.ts';

const units: ReadonlyMap<unknown, string> = new Map(Object.entries(defaultUnit));

/** What a search is started with. */
export interface StartFields {
  readonly fleet: string;
  /** Flags of the fleet, as they are typed. */
  readonly fleetFlags: readonly string[];
  readonly instances: number;
  readonly timeLimit: number;
  readonly puzzle: PuzzleFields;
  readonly from: bigint | string;
  readonly limit: bigint | string;
  readonly smallest?: boolean;
  readonly kernel?: string;
}

/** The command that starts a search, without what is the default anyhow. Pure. */
export function startCommand(fields: StartFields): string {
  const { fleet, fleetFlags, instances, timeLimit, puzzle, from, limit, smallest, kernel } = fields;
  const { scheme, header, difficulty, unit, block, template, prefix, suffix, digest } = puzzle;
  const flag = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [`--${name} ${quote(String(value).replaceAll('\0', ''))}`];
  return [
    'cnd start',
    ...flag('fleet', fleet),
    ...fleetFlags,
    `--N ${instances} --T ${timeLimit}`,
    ...(scheme === 'hex-chain' ? [] : flag('scheme', scheme)),
    ...(scheme === 'bitcoin'
      ? flag('header', header)
      : [
          ...flag('D', difficulty),
          ...(unit === units.get(scheme) ? [] : flag('unit', unit)),
          ...flag('prefix', prefix),
          ...flag('suffix', suffix),
          ...flag('digest', digest),
          ...flag('template', template),
          ...(block === defaultBlock ? [] : flag('block', block)),
        ]),
    ...(String(from) === '0' ? [] : flag('from', String(from))),
    ...(String(limit) === String(defaultLimit) ? [] : flag('limit', String(limit))),
    ...(smallest === true ? ['--smallest'] : []),
    ...(kernel === undefined || kernel === 'auto' ? [] : flag('kernel', kernel)),
  ].join(' ');
}
