import { ending, isInconclusive, mostInconclusive } from './invariant.ts';
import { recount } from './oracle.ts';
import type { Ended } from './controller.ts';
import type { Observation } from './play.ts';
import type { Action, Scenario } from './scenario.ts';

/** A scenario that broke something, and what. */
export interface Broken {
  readonly violations: readonly string[];
  readonly scenario: Scenario;
}

/** What the report takes of one run. */
export interface Played {
  readonly scenario: Scenario;
  /** As the run told it; undefined when it could not. */
  readonly outcome: string | undefined;
  readonly ended: Ended | undefined;
  /** Of each fault, whether it did anything; undefined: it came after the end. */
  readonly inflicted: readonly (boolean | undefined)[];
  readonly slack: number;
  /** The most that the controller needed, in MB; 0 where that is not known. */
  readonly memory: number;
  /** Nonces that kernels recorded, counted once; 0 where they record nothing. */
  readonly nonces: number;
  readonly isInconclusive: boolean;
}

/** What of a run the report takes. */
export function playedOf(seen: Observation): Played {
  const { scenario, ended, controller, inflicted, slack, place } = seen;
  return {
    scenario,
    outcome: ending(seen)?.outcome,
    ended,
    inflicted,
    slack,
    memory: controller.memory,
    nonces: recount(place.record).reduce((sum, [lo, hi]) => sum + hi - lo, 0),
    isInconclusive: isInconclusive(seen),
  };
}

/** What a set of runs came to. */
export class Report {
  readonly broken: Broken[] = [];
  readonly #seed: string;
  readonly #begun = performance.now();
  readonly #fleets = new Count();
  readonly #outputs = new Count();
  readonly #kernels = new Count();
  readonly #agents = new Count();
  readonly #outcomes = new Count();
  readonly #exits = new Count();
  /** By kind: all that were planned, and those that did something before the run was over. */
  readonly #faults = new Count();
  readonly #effective = new Count();
  /** The same for each fleet, and how long its runs took. */
  readonly #byFleet = new Map<string, OfFleet>();
  readonly #inconclusive: number[] = [];
  #runs = 0;
  /** Seconds after T of the latest end of a local run, or of one on hosts. */
  #latest = Number.NEGATIVE_INFINITY;
  #memory = 0;
  #slack = 0;
  /** Runs whose coverage was counted again from what kernels recorded, and the nonces of all of them. */
  #recounts = 0;
  #nonces = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** Takes one run, what it broke, and how many seconds it took with everything around it. */
  add(played: Played, violations: readonly string[], seconds = 0): void {
    const { scenario, ended, inflicted, slack, nonces } = played;
    this.#runs += 1;
    const own = this.#byFleet.get(scenario.fleet) ?? newOfFleet();
    this.#byFleet.set(scenario.fleet, own);
    own.runs += 1;
    own.seconds += seconds;
    own.recounts += nonces > 0 ? 1 : 0;
    own.nonces += nonces;
    this.#fleets.add(scenario.companion ? `${scenario.fleet}, two runs` : scenario.fleet);
    this.#outputs.add(scenario.output);
    this.#kernels.add(scenario.kernel);
    this.#agents.add(scenario.agent);
    this.#outcomes.add(played.outcome ?? 'not told');
    this.#exits.add(ended ? String(ended.signal ?? ended.code) : 'none');
    for (const [index, { action }] of scenario.faults.entries()) {
      const isEffective = inflicted[index] === true;
      for (const faults of [this.#faults, own.faults]) faults.add(kindOf(action));
      for (const effective of [this.#effective, own.effective])
        if (isEffective) effective.add(kindOf(action));
    }
    if (nonces > 0) this.#recounts += 1;
    this.#nonces += nonces;
    if (scenario.faults.length === 0) this.#faults.add('none');
    if (played.isInconclusive) this.#inconclusive.push(scenario.seed);
    // On EC2 and Kubernetes what costs nothing may be deleted after T.
    if (scenario.fleet === 'local' || scenario.fleet === 'hosts')
      this.#latest = Math.max(this.#latest, (ended?.seconds ?? 0) - scenario.timeLimit);
    this.#memory = Math.max(this.#memory, played.memory);
    this.#slack = Math.max(this.#slack, slack);
    if (violations.length > 0) this.broken.push({ violations, scenario });
  }

  /** The runner itself failed with a scenario: nothing is known of that. */
  addFailure(scenario: Scenario, error: unknown): Broken {
    this.#runs += 1;
    const broken = { violations: [`the runner failed: ${String(error)}`], scenario };
    this.broken.push(broken);
    return broken;
  }

  /** Whether everything was kept, by enough runs that show something. */
  get passed(): boolean {
    return this.broken.length === 0 && this.#inconclusive.length <= this.#runs * mostInconclusive;
  }

  /** All figures, for a file. */
  figures(): object {
    return {
      seed: this.#seed,
      runs: this.#runs,
      seconds: Math.round((performance.now() - this.#begun) / 1000),
      passed: this.passed,
      fleets: this.#fleets.counts(),
      outcomes: this.#outcomes.counts(),
      exitCodes: this.#exits.counts(),
      outputs: this.#outputs.counts(),
      kernels: this.#kernels.counts(),
      agents: this.#agents.counts(),
      faults: this.#faults.counts(),
      effectiveFaults: this.#effective.counts(),
      byFleet: Object.fromEntries([...this.#byFleet].map(([fleet, own]) => [fleet, figuresOf(own)])),
      recounts: this.#recounts,
      recountedNonces: this.#nonces,
      inconclusive: this.#inconclusive,
      latestEndAfterT: Math.max(this.#latest, -1e6),
      mostMemoryMB: Math.round(this.#memory),
      longestSlack: this.#slack,
      broken: this.broken,
    };
  }

  /** The figures for people. */
  text(): string {
    const late = `latest end of a local run or one on hosts ${this.#latest.toFixed(2)} s after T (most allowed ${this.#slack.toFixed(1)} s)`;
    return [
      `seed ${this.#seed}: ${this.#runs} runs, ${this.broken.length} with violations, ${this.#inconclusive.length} inconclusive`,
      `fleets: ${this.#fleets.text}`,
      ...[...this.#byFleet].map(
        ([fleet, { runs, seconds, recounts }]) =>
          `  ${fleet}: ${(seconds / runs).toFixed(1)} s each, ${recounts} recounted`,
      ),
      `outcomes: ${this.#outcomes.text}`,
      `exit codes: ${this.#exits.text}`,
      `outputs: ${this.#outputs.text}`,
      `kernels: ${this.#kernels.text}`,
      `agents: ${this.#agents.text}`,
      `faults (of which effective): ${this.#faults.with(this.#effective)}`,
      `coverage recounted of ${this.#recounts} runs, ${(this.#nonces / 1e6).toFixed(1)} million nonces`,
      `${late}; most memory of a controller ${this.#memory.toFixed(0)} MB`,
      ...this.#inconclusive.map((seed) => `inconclusive, the machine was too busy: seed ${seed}`),
      ...this.broken.map(
        ({ violations, scenario }) => `BROKEN, seed ${scenario.seed}: ${violations.join('; ')}`,
      ),
      '',
    ].join('\n');
  }
}

/** What the runs of one fleet came to. */
interface OfFleet {
  runs: number;
  /** Of all of them together, each with its preparation and its checks. */
  seconds: number;
  recounts: number;
  nonces: number;
  readonly faults: Count;
  readonly effective: Count;
}

function newOfFleet(): OfFleet {
  return { runs: 0, seconds: 0, recounts: 0, nonces: 0, faults: new Count(), effective: new Count() };
}

function figuresOf({ runs, seconds, recounts, nonces, faults, effective }: OfFleet): object {
  const ofFaults = { faults: faults.counts(), effectiveFaults: effective.counts() };
  return { runs, seconds: Math.round(seconds), recounts, recountedNonces: nonces, ...ofFaults };
}

/** What a fault is, in few words. Pure. */
function kindOf(action: Action): string {
  if (action.do === 'api') return `${action.call} ${action.how}`;
  if (action.do === 'resume') return action.count === 1 ? 'resume' : 'several resumes at once';
  if (action.do === 'part') return `${action.part} killed`;
  if (action.do === 'pod') return `pod ${action.how}`;
  if (action.do === 'machine') return `instance ${action.how}`;
  if (action.do !== 'signal') return action.do;
  const { target, signal, resume } = action;
  return `${target} ${signal}${signal === 'SIGSTOP' && resume !== undefined ? '/CONT' : ''}`;
}

/** How often each of several things was. */
class Count {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, this.of(what) + 1);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#sorted());
  }

  get text(): string {
    return this.#sorted()
      .map(([what, times]) => `${times} ${what}`)
      .join(', ');
  }

  /** With what another one counted of the same. */
  with(other: Count): string {
    return this.#sorted()
      .map(([what, times]) => `${times} (${other.of(what)}) ${what}`)
      .join(', ');
  }

  #sorted(): [string, number][] {
    return [...this.#counts].toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b));
  }
}
