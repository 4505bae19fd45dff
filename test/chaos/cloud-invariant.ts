import { existsSync } from 'node:fs';
import type { Ended } from '../helper/cnd.ts';
import { type Told, answers } from './answer.ts';
import { ObservedEvents } from './observed-events.ts';
import { repeated } from './oracle.ts';
import { type Scenario, hasFault } from './scenario.ts';

/** What was seen of a run on EC2 after its end, for the invariants. */
export interface CloudObservation {
  readonly scenario: Scenario;
  /** Undefined: it was still there long after T. */
  readonly ended: Ended | undefined;
  /** Those that took the run up, or tried to. */
  readonly resumed: readonly (Ended | undefined)[];
  /** Its events, as they were heard on every stdout and in its journal. */
  readonly events: ObservedEvents;
  /** The file in which kernels recorded what they did. */
  readonly record: string;
  readonly slack: number;
}

/** What a run on EC2 promised and did not keep by its words, its exit codes, and what it says of its search. */
export function cloudViolations(seen: CloudObservation): string[] {
  const { scenario, ended, resumed, events } = seen;
  const found: string[] = [];
  const isStruck = hasFault(scenario, 'api');
  if (ended) found.push(...wordsOf(ended, isStruck));
  for (const each of resumed) {
    if (!each) found.push('a resume does not end');
    else found.push(...wordsOf(each, true).map((words) => `of a resume: ${words}`));
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an event of the run's own vocabulary
  const told = events.ended as Told | undefined;
  found.push(...takenUp(seen, told));
  if (!told) return found;
  const isKilled = hasFault(scenario, 'resume') || isSignalled(scenario, 'SIGKILL');
  if (ended && !isKilled && told.exitCode !== ended.code)
    found.push(`exit code ${ended.code}, but run.ended says ${told.exitCode}`);
  if ((told.outcome === 'found') !== (told.exitCode === 0) && told.exitCode !== 4)
    found.push(`a run whose outcome is ${told.outcome} exits ${told.exitCode}`);
  return [...found, ...searched(seen, told)];
}

/** What a set of events say together: those of several controllers of one run, and its journal. */
export function observed(
  run: string | undefined,
  ends: readonly (Ended | undefined)[],
  journal: string,
): ObservedEvents {
  const events = new ObservedEvents();
  for (const end of ends) for (const line of (end?.stdout ?? '').split('\n')) feedOwn(events, run, line);
  if (existsSync(journal)) events.follow(journal);
  return events;
}

/** A resume of a run that had ended begins another one, whose events are not of this run. */
function feedOwn(events: ObservedEvents, run: string | undefined, line: string): void {
  if (run !== undefined && line.includes(`"run":"${run}"`)) events.feed(`${line}\n`);
}

function takenUp({ scenario, ended, resumed, events, slack }: CloudObservation, told?: Told): string[] {
  if (resumed.length === 0) return [];
  const winners = resumed.filter((each) => each?.stdout.includes('{"event":"run.ended"'));
  if (winners.length > 1) return [`${winners.length} say that they ended the run`];
  const isAlone = scenario.faults.every(({ action }) => action.do === 'resume');
  const isBegun = events.names.has('instance.launched');
  const isWon = winners.length === 1 || told !== undefined || ended?.signal !== 'SIGKILL';
  // One that was killed as well has said nothing of its end.
  const isLeft = resumed.every((each) => each?.signal === null);
  if (isAlone && isBegun && !isWon && isLeft && slack < 5)
    return [`nobody took the run up: ${resumed.map((each) => each?.stderr.slice(-200)).join(' | ')}`];
  return [];
}

/** Faults that harm no instance, only what is around it. */
const harmless: ReadonlySet<string> = new Set(['api', 'cut', 'resume', 'scram', 'signal']);

/** Seconds of search in which a small space is searched to its end by instances that nothing is done to. */
const enough = 8;

/** Coverage is what kernels recorded, and nothing is searched twice while no instance is lost. */
function searched({ scenario, record, events, slack }: CloudObservation, told: Told): string[] {
  const found: string[] = [];
  const { size, faults } = scenario;
  if (existsSync(record)) {
    found.push(...answers(scenario, record, told));
    const again = repeated(record);
    const count = again.reduce((sum, [lo, hi]) => sum + hi - lo, 0);
    const doubled = Number(told.coverage.doubled ?? 0);
    if (doubled > count) found.push(`${doubled} are said to be doubled, but kernels did ${count} twice`);
    const isHarmless = faults.every(({ action }) => harmless.has(action.do));
    const isGivenUp = events.names.has('instance.lost') || events.taken.length > 0;
    if (isHarmless && !isGivenUp && again[0])
      found.push(`${again[0][0]} was searched twice, and no instance was lost`);
  } else if (Number(told.tested) > 0) found.push(`${told.tested} tested, and no kernel did anything`);
  const isLeftAlone = faults.every(({ action }) => action.do === 'resume' && action.after <= 1000);
  const hadTime = (told.phases?.['search'] ?? 0) > enough + slack;
  if (isLeftAlone && hadTime && told.outcome === 'time-limit' && size <= 60_000)
    found.push(`time-limit of ${size} nonces: ${told.tested} tested`);
  return found;
}

function isSignalled({ faults }: Scenario, signal: string): boolean {
  return faults.some(({ action }) => action.do === 'signal' && action.signal === signal);
}

/** What its words and its exit code promise. */
function wordsOf({ code, signal, stderr }: Ended, mayBeRefused: boolean): string[] {
  const found: string[] = [];
  if (/^\s+at .+:\d+:\d+\)?$/m.test(stderr)) found.push(`a stack on stderr: ${stderr.slice(-600)}`);
  if (signal !== null) return found;
  // 1 and 2: an API that fails may prevent the launch; of a resume, that another one drives the run.
  const allowed = mayBeRefused ? [0, 1, 2, 3, 4, 129, 130, 143] : [0, 1, 3, 129, 130, 143];
  if (!allowed.includes(code ?? -1)) found.push(`exit code ${code}: ${stderr.slice(-600)}`);
  if (code === 4 && !/cnd scram/.test(stderr))
    found.push(`exit code 4 without the command that ends what is left: ${stderr.slice(-600)}`);
  return found;
}
