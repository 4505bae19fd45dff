import { z } from 'zod';
import type { RunConfig } from '../../config/config.ts';
import { type RecordedSettings, keptSettings } from '../../config/resumed.ts';
import { CndError } from '../../error.ts';
import { toldConfig } from '../../event/checkpoint.ts';
import { configFields } from '../record/record.ts';

/** Characters of the longest plan that is read. */
const longest = 128 << 10;

/**
 * What a detached run leaves with its instances, for any machine that asks what came of it: an allow-list, in a place that
 * others may be able to write to. It names what is searched, and no command, path, key nor machine.
 */
const detachedPlan = z.object({
  cnd: z.literal(1),
  run: z.string().max(200),
  /** The moment T counts from. */
  startedAt: z.iso.datetime(),
  config: toldConfig,
});

/** What is known of a detached run. */
export interface DetachedPlanRead {
  readonly startedAt: Date;
  readonly settings: RecordedSettings;
}

/** The text of a plan. Pure. */
export function detachedPlanText(run: string, config: RunConfig, startedAt: Date): string {
  const { N, T, puzzle, from, limit, chunk, smallest, kernel } = configFields(config);
  const settings = keptSettings(config.fleetKind, config.fleetConfig);
  const told = { N, T, fleet: config.fleet, puzzle, from, limit, chunk, smallest, kernel, settings };
  return JSON.stringify({ cnd: 1, run, startedAt: startedAt.toISOString(), config: told });
}

/** Reads the plan of this run. Pure. @throws CndError `plan-damaged` for anything else. */
export function parseDetachedPlan(content: string, run: string): DetachedPlanRead {
  const damaged = (why: string): CndError =>
    new CndError('plan-damaged', `the plan of ${run} on the cluster cannot be used: ${why}`, {
      about: run,
      hint: `delete what there is of it with: cnd scram --run ${run}`,
    });
  if (content.length > longest) throw damaged('it is too long');
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw damaged('it is not JSON');
  }
  const { data, error } = detachedPlan.safeParse(value);
  if (!data) throw damaged(`${error.issues[0]?.path.join('.') ?? ''}: ${error.issues[0]?.message ?? ''}`);
  if (data.run !== run) throw damaged('it is that of another run');
  const { settings = {}, ...rest } = data.config;
  return {
    startedAt: new Date(data.startedAt),
    settings: { run, config: { ...rest, [rest.fleet]: settings } },
  };
}
