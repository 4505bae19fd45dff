import { ending } from './invariant.ts';
import type { Taken } from './observed-events.ts';
import { repeated } from './oracle.ts';
import type { Observation } from './play.ts';
import { type Scenario, hasFault, isAudited } from './scenario.ts';

/** Faults that harm nobody who searches, only what is around it. */
const harmless: ReadonlySet<string> = new Set([
  'resume',
  'cut',
  'delay',
  'half-open',
  'reset',
  'close-output',
  'stall-output',
  'scram',
  'ps',
  'plant-process',
]);

/** Whether nothing that an instance has done can be lost: what is stopped goes on. */
function isHarmless({ faults }: Scenario): boolean {
  return faults.every(({ action }) => {
    if (action.do !== 'signal') return harmless.has(action.do);
    if (action.target === 'controller' || action.target === 'attach') return true;
    const goesOn = action.signal === 'SIGSTOP' && action.resume !== undefined;
    return goesOn && (action.target === 'agent' || action.target === 'kernel');
  });
}

/**
 * What was searched twice: nothing, unless it was lost with an instance, or was given to two because one of them did not
 * answer. The latter is told of each share, and what both have told is counted apart.
 */
export function repetitions(seen: Observation): string[] {
  const { scenario, place, run, controller, resumed } = seen;
  const isOwn = scenario.kernel === 'honest' && scenario.agent === 'own' && !scenario.companion;
  if (!isOwn) return [];
  const again = repeated(place.record);
  const count = again.reduce((sum, [lo, hi]) => sum + hi - lo, 0);
  const doubled = Number(ending(seen)?.coverage.doubled ?? 0);
  const found = doubled > count ? [`${doubled} are said to be doubled, but kernels did ${count} twice`] : [];
  if (!isHarmless(scenario) || isAudited(scenario)) return found;
  const heard = [controller, ...resumed.map((each) => each.controller)].map((each) => each.heard);
  // A run that is over is not taken up: one that resumes it begins another, from what the archive has of it.
  const others = new Set(
    resumed.map((each) => each.controller.heard.ended?.['run']).filter((id) => id !== run),
  );
  others.delete(undefined);
  if (others.size > 1 && !isJournalHarmed(scenario))
    return [...found, `${[...others].join(' and ')} both resume it`];
  if (resumed.some((each) => each.controller.heard.run !== run && each.controller.heard.run !== undefined))
    return found;
  const told = [...heard, ...(run === undefined ? [] : [place.journal(run)])];
  const first = again
    .flatMap(([lo, hi]) => byChunk(lo, hi, scenario))
    .find(([lo]) => !isTaken(lo, scenario, told));
  if (!first) return found;
  // With its journal damaged, and nobody to hear it, it is not known who had what.
  const isHeard = scenario.output === 'json' || !isJournalHarmed(scenario);
  return isHeard ? [...found, `${first[0]} was searched twice, and no instance was lost`] : found;
}

/** Whether the share that a nonce belongs to was given to two. */
function isTaken(
  nonce: number,
  { from, chunk, instances }: Scenario,
  told: readonly { readonly taken: readonly Taken[] }[],
): boolean {
  const residue = Math.floor((nonce - from) / chunk) % instances;
  return told.some(({ taken }) =>
    taken.some((share) => share.residue === residue && nonce >= (share.from ?? from)),
  );
}

/** A range, cut where chunks end. */
function byChunk(lo: number, hi: number, { from, chunk }: Scenario): [number, number][] {
  const parts: [number, number][] = [];
  for (let at = lo; at < hi;) {
    const end = Math.min(hi, from + (Math.floor((at - from) / chunk) + 1) * chunk);
    parts.push([at, end]);
    at = end;
  }
  return parts;
}

function isJournalHarmed(scenario: Scenario): boolean {
  return ['remove-logs', 'fill-logs', 'read-only-logs', 'fill-disk', 'plant-links'].some((kind) =>
    hasFault(scenario, kind as Parameters<typeof hasFault>[1]),
  );
}

/** Seconds that what a run says of itself may be ahead of what it keeps for others. */
const keeping = 2;

/** What was said to be tested before a controller was killed, and long enough for it to be kept, is so at the end. */
export function forgotten(seen: Observation): string[] {
  const { scenario, place, run, killedAt, slack } = seen;
  const told = ending(seen);
  const isOwn = scenario.kernel === 'honest' && scenario.agent === 'own';
  const isKept = scenario.faults.every(({ action }) =>
    action.do === 'signal' ? action.target !== 'host' : harmless.has(action.do) || action.do === 'power-off',
  );
  if (!told || run === undefined || !isOwn || !isKept) return [];
  const before = place
    .journal(run)
    .tested.filter(({ at }) => killedAt.some((killed) => at < killed - (keeping + slack) * 1000));
  const most = Math.max(0, ...before.map(({ nonces }) => nonces));
  return Number(told.tested) < most
    ? [`tested went back from ${most} to ${told.tested} when the run was taken up`]
    : [];
}
