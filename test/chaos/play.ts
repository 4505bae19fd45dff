import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { orphans } from '../helper/process.ts';
import { Controller, type Ended } from './controller.ts';
import { inflict } from './fault.ts';
import type { ChaosCluster } from './kubernetes/pod-ground.ts';
import { Place } from './place.ts';
import { type Fault, type Scenario, hasFault, isAudited } from './scenario.ts';
import { targets } from './target.ts';

/** Seconds after T in which everything of a run must be gone, whatever happened to it. Pods are deleted after their end. */
export function graceOf({ fleet }: Pick<Scenario, 'fleet'>): number {
  return fleet === 'kubernetes' ? 30 + 5 : 5;
}

/** Seconds in which the cluster, kept busy by many scenarios but whole, has removed the objects of pods that have ended. */
const removal = 30;

/** Faults for which a run cannot ask its cluster for a while. */
const silencing = ['part', 'cut', 'delay', 'half-open', 'drain'] as const;

/** Seconds after T for which a run goes on to try to release what does not answer any more, before it says that it is left. */
export function patience(scenario: Scenario): number {
  if (scenario.fleet === 'kubernetes')
    return silencing.some((kind) => hasFault(scenario, kind)) ? graceOf(scenario) : 0;
  if (hasFault(scenario, 'power-off')) return graceOf(scenario) + 12;
  // A new connection takes eight round trips, of 0.8 s each; one that was lost, or given up for another delay, is made again.
  const slowing = scenario.faults.filter(({ action }) => action.do === 'delay' || action.do === 'half-open');
  return slowing.length > 1 && hasFault(scenario, 'delay') ? 7 : 0;
}

/** What was seen of a scenario, for the invariants. */
export interface Observation {
  readonly scenario: Scenario;
  readonly place: Place;
  readonly run: string | undefined;
  readonly controller: Controller;
  /** Undefined: it was still there after T and grace. */
  readonly ended: Ended | undefined;
  /** Those that took the run up, or tried to. */
  readonly resumed: readonly { readonly controller: Controller; readonly ended: Ended | undefined }[];
  /** When its controller was killed for others to take it up, in milliseconds since the epoch. */
  readonly killedAt: readonly number[];
  readonly companion: { readonly controller: Controller; readonly ended: Ended | undefined } | undefined;
  readonly others: readonly {
    readonly controller: Controller;
    readonly ended: Ended | undefined;
    readonly left: string[];
  }[];
  /** Agents and kernels that were alive when the controller had ended. */
  readonly workersAtExit: readonly number[];
  /** Processes of the run, and its directories on hosts, soon after the controller's end (objects on a cluster: a while after it); after T and grace; after a scram. */
  readonly leftAtExit: readonly string[];
  readonly leftAfterGrace: readonly string[];
  readonly leftAfterScram: readonly string[];
  readonly scram: Ended | undefined;
  readonly scramSaid: string;
  readonly before: string;
  readonly after: string;
  /** Of each fault of the scenario, whether it did anything; undefined: it came after the end. */
  readonly inflicted: readonly (boolean | undefined)[];
  /** Seconds of patience that were given beyond what is promised. */
  readonly slack: number;
}

/** Plays a scenario to its end. `slack`: seconds that a busy machine may be late by; `cluster`: where pods are. */
export async function play(scenario: Scenario, slack: number, cluster?: ChaosCluster): Promise<Observation> {
  const lag = new Lag();
  const place = new Place(scenario);
  await place.prepare(cluster);
  const before = place.untouched();
  const args = ['start', ...flags(scenario)];
  const controller = new Controller(place, args, scenario.output);
  const begin = performance.now();
  const until = (seconds: number): number => seconds - (performance.now() - begin) / 1000;
  const companion = scenario.companion ? new Controller(place, [...args, '--json']) : undefined;
  const run = await runOf(place, controller);
  const others: Controller[] = [];
  const strangers: ChildProcess[] = [];
  const resumed: Controller[] = [];
  const killedAt: number[] = [];
  const stage = { place, controller, run, others, strangers, resumed, killedAt };
  const inflicted: (boolean | undefined)[] = scenario.faults.map(() => undefined);
  const faults = scenario.faults.map(async (fault, index) => {
    await time(fault, place, controller, run, () => until(scenario.timeLimit * 0.7) < 0);
    const isOver = controller.over;
    const done = await inflict(fault.action, stage);
    if (!isOver) inflicted[index] = done;
  });
  const late = scenario.timeLimit + Math.max(graceOf(scenario), patience(scenario)) + slack;
  const endOf = async (one: Controller, seconds: number) =>
    (await within(one.ended, until(seconds))) ?? within(one.ended, until(seconds + 2 * lag.worst));
  const ended = await endOf(controller, late);
  if (hasFault(scenario, 'resume')) await within(Promise.all(faults), until(late));
  // Of a run that was ended, or has no state any more, a resume begins a new one, which has T anew.
  const isAnew = hasFault(scenario, 'remove-state') || hasFault(scenario, 'scram');
  const latest = late + (isAnew ? scenario.timeLimit : 0);
  const resumedEnds = await Promise.all(
    resumed.map(async (each) => ({ controller: each, ended: await endOf(each, latest) })),
  );
  const workersAtExit = run === undefined ? [] : [...targets(run, 'agent'), ...targets(run, 'kernel')];
  const left = async (living = false): Promise<string[]> =>
    run === undefined ? [] : [...orphans(run), ...(await place.leftElsewhere(run, living))];
  const soon = Math.min(2, Math.max(0.1, until(late)));
  const isOfPods = scenario.fleet === 'kubernetes';
  const wholeSince = (): number => place.pods?.workingSince() ?? 0;
  // Objects of pods that have ended are removed by the cluster, when it comes to that.
  const living = await settled(() => left(isOfPods), soon);
  const isTold = isOfPods && run !== undefined && place.journal(run).ended !== undefined;
  const leftAtExit = living.length === 0 && isTold ? await settled(left, removal, wholeSince) : living;
  const otherEnds = others.map(async (other) => {
    const ended = await within(other.ended, 20);
    return { controller: other, ended, left: await settled(left, 2) };
  });
  // Objects of a Job whose controller is gone stay for some minutes more, to be looked at.
  const leftAfterGrace = await settled(() => left(true), Math.max(0.1, until(late + 2 * lag.worst)));
  await within(Promise.all(faults), 10);
  const companionEnd = companion && {
    controller: companion,
    ended: await within(companion.ended, Math.max(1, until(late))),
  };
  for (const each of [controller, ...resumed]) if (!each.over) each.signal('SIGKILL');
  for (const wire of place.wires) wire.mend();
  const { scram, scramEnd } = await place.undisturbed(async () => {
    const ending = run === undefined ? undefined : new Controller(place, ['scram', '--run', run]);
    return { scram: ending, scramEnd: ending && (await within(ending.ended, 30)) };
  });
  const leftAfterScram = await settled(left, 2);
  const observation = {
    scenario,
    place,
    run,
    controller,
    ended,
    resumed: resumedEnds,
    killedAt,
    companion: companionEnd,
    others: await Promise.all(otherEnds),
    workersAtExit,
    leftAtExit,
    leftAfterGrace,
    leftAfterScram,
    scram: scramEnd,
    scramSaid: `${scram?.stdout}${scram?.stderr}`,
    before,
    after: place.untouched(),
    inflicted,
    slack: slack + 2 * lag.stop(),
  };
  for (const stranger of strangers) stranger.kill('SIGKILL');
  return observation;
}

/** By how many seconds this process was late at worst: what keeps it from running keeps cnd from running, too. */
class Lag {
  #worst = 0;
  #last = performance.now();
  readonly #timer = setInterval(() => {
    const now = performance.now();
    this.#worst = Math.max(this.#worst, (now - this.#last) / 1000 - 0.1);
    this.#last = now;
  }, 100);

  get worst(): number {
    return this.#worst;
  }

  stop(): number {
    clearInterval(this.#timer);
    return this.#worst;
  }
}

function flags(scenario: Scenario): string[] {
  const { fleet, instances, timeLimit, difficulty, smallest, from, size, chunk, output } = scenario;
  const values = { N: instances, T: timeLimit, D: difficulty, fleet, from, limit: from + size, chunk };
  return [
    ...Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(smallest ? ['--smallest'] : []),
    ...(scenario.replace ? ['--replace'] : []),
    ...(isAudited(scenario) ? [] : ['--audit', '0']),
    ...(output === 'json' || output === 'full' ? ['--json'] : output === 'quiet' ? ['--quiet'] : []),
  ];
}

/** The id of the run that this controller drives, from the state that it notes; undefined when it ends without one. */
async function runOf(place: Place, controller: Controller): Promise<string | undefined> {
  while (!controller.over) {
    for (const run of place.runs()) {
      if (place.controllerOf(run) === controller.pid) return run;
    }
    await sleep(10);
  }
  return controller.heard.run;
}

/** Waits for the moment of a fault, or for the time when it happens in any case. */
async function time(
  { at, delay }: Fault,
  place: Place,
  controller: Controller,
  run: string | undefined,
  isLate: () => boolean,
): Promise<void> {
  const reached = (): boolean =>
    at === 'start' ||
    controller.heard.names.has(at) ||
    (run !== undefined && place.journal(run).names.has(at));
  while (!controller.over && !isLate() && !reached()) await sleep(20);
  await sleep(delay);
}

/** The answer of `look` once it is empty, or the last one after so many seconds, which are counted from `since` if that is later. */
async function settled(
  look: () => Promise<string[]>,
  seconds: number,
  since: () => number = () => 0,
): Promise<string[]> {
  const begin = performance.now();
  for (;;) {
    const left = await look();
    if (left.length === 0 || performance.now() > Math.max(begin, since()) + seconds * 1000) return left;
    await sleep(100);
  }
}

/** What a promise brings within so many seconds. */
export async function within<T>(promise: Promise<T>, seconds: number): Promise<T | undefined> {
  const timer = new AbortController();
  const late = sleep(Math.max(0, seconds) * 1000, undefined, { signal: timer.signal }).catch(() => undefined);
  let answer = await Promise.race([promise, late]);
  timer.abort();
  // This process may itself have been kept from running for long: then it has the answer, too.
  answer ??= await Promise.race([promise, sleep(300, undefined)]);
  return answer;
}
