import { join } from 'node:path';
import type { Archive } from '../archive/archive.ts';
import type { Broadcast } from '../broadcast/broadcast.ts';
import type { RunConfig } from '../config/config.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Instance } from '../instance.ts';
import type { Preflight } from '../fleet/preflight.ts';
import type { OpenEngine } from '../engine/engine.ts';
import type { KernelChoice } from '../kernel/choice.ts';
import { journalName } from '../event/file-name.ts';
import { InstanceHistory } from '../event/instance-history.ts';
import { Journal } from '../event/journal.ts';
import type { View } from '../event/view.ts';
import type { Ask } from './plan/confirmation.ts';
import { Cleanup } from './cleanup.ts';
import { Controller } from './resume/controller.ts';
import { type Clock, type Start, Stopwatch } from '../clock.ts';
import { type Deadline, deadline } from './deadline.ts';
import type { Emit, EventFields } from '../event/event.ts';
import { EventStream } from '../event/stream.ts';
import type { Interrupts } from './interrupt.ts';
import { Phases } from './phase.ts';
import type { ContinuedRun } from './resume/continued-run.ts';
import type { Paid } from './spending.ts';
import type { EarlierRun } from './record/earlier.ts';
import { released } from './released.ts';
import { ReleaseTime, type TeardownSchedule, teardownSchedule } from './teardown.ts';
import { TerminatedInstances } from './termination/terminated.ts';

/** Called when a run is confirmed and about to launch; what it throws ends the run, of which nothing is left then. */
export type OnLaunch = (
  run: { readonly by: string; readonly expiresAt: Date },
  warn: (message: string) => void,
) => Promise<void>;

/** Everything that a run acts on. */
export interface RunInputs {
  readonly run: string;
  readonly config: RunConfig;
  readonly fleet: Fleet;
  /** What it searches with, on what the fleet launches. */
  readonly engine: OpenEngine;
  readonly broadcast: Broadcast;
  readonly archive: Archive;
  readonly views: readonly View[];
  readonly interrupts: Interrupts;
  readonly clock: Clock;
  /** The moment T counts from. */
  readonly start: Start;
  readonly env: NodeJS.ProcessEnv;
  /** What is known about the instances' kernels. */
  readonly kernel: KernelChoice;
  /** What the fleet said before anything was created. */
  readonly preflight?: Preflight | undefined;
  /** Draws the report of the run into its folder, once everything is terminated and the journal is whole; absent: none is. */
  readonly writeReport?: ((run: string, folder: string) => Promise<void>) | undefined;
  /** How the launch is confirmed, where it is to be; absent: nobody is asked. */
  readonly ask?: Ask | undefined;
  readonly onLaunch?: OnLaunch | undefined;
  /** What was tested before, by the run that this one resumes. */
  readonly earlier?: EarlierRun | undefined;
  /** The series that this run is part of. */
  readonly series?: string | undefined;
  /** Why N is what it is, where it was left to cnd. */
  readonly chosen?: string | undefined;
  /** What the user is told before the launch, besides what the plan itself gives rise to. */
  readonly warnings?: readonly EventFields['warning'][] | undefined;
  /** It had no controller, and is only recorded here. */
  readonly detached?: true;
  /** It was begun by another process, which has died. */
  readonly continued?: ContinuedRun | undefined;
}

/** What the steps of one run share: what it acts on, its time, its stream of events, its cleanup. */
export class RunContext {
  readonly inputs: RunInputs;
  readonly controller: Controller;
  readonly phases: Phases;
  readonly cleanup = new Cleanup();
  /** Where the run's logs are kept until they are archived. */
  readonly folder: string;
  readonly journal: Journal;
  /** What the run record says of each instance. */
  readonly history = new InstanceHistory();
  readonly stream: EventStream;
  readonly emit: Emit;
  /** What the launch answered with, which fixes N, and then their replacements. */
  launched: readonly Instance[] = [];
  /** Ids of all instances that are known of, also of a launch that was cut short. */
  readonly known = new Set<string>();
  /** Those of them that are over. */
  readonly terminated: TerminatedInstances;
  /** Ids of instances whose termination could not be confirmed. */
  left: readonly string[] = [];
  /** Why what another process launched can't be taken up: it may be elsewhere than here, where nothing of it is found then. */
  unrecovered: unknown;
  /** Seconds after the start: when something that costs money may have been created, and when all of it was over. */
  paid: Pick<Paid, 'from' | 'until'> = { from: undefined, until: undefined };
  /** How long a release takes, as measured during the run. */
  readonly releaseTime = new ReleaseTime(() => this.elapsed());
  readonly #stopwatch: Stopwatch;

  constructor(inputs: RunInputs) {
    const { run, config, clock, start, interrupts, env, continued } = inputs;
    this.inputs = inputs;
    this.#stopwatch = new Stopwatch(clock, start);
    this.controller = new Controller(run, env, continued);
    this.phases = new Phases(() => this.elapsed(), continued?.snapshot.phases);
    this.folder = join(config.logs.directory, run);
    const onFailure = (error: Error): void => {
      this.warn(`the journal can no longer be written: ${error.message}`);
    };
    this.journal = new Journal(join(this.folder, journalName), onFailure, continued !== undefined);
    this.stream = new EventStream(run, () => clock.wall(), [this.journal, this.history, ...inputs.views]);
    this.emit = this.stream.emit;
    this.terminated = new TerminatedInstances(
      () => this.elapsed(),
      ({ index, id }) => {
        this.known.add(id);
        this.emit('instance.terminated', { instance: index, id, ...released(config) });
      },
    );
    interrupts.onRaise(({ name }, count) => {
      const { current } = this.phases;
      this.emit('run.interrupted', {
        signal: name,
        count,
        ...(current && { phase: current }),
        ...released(config),
      });
    });
  }

  /** Seconds since the run began. */
  elapsed(): number {
    return this.#stopwatch.elapsed();
  }

  /** Seconds until T, or until T less or more than that. */
  untilTimeLimit(offset = 0): number {
    return this.inputs.config.timeLimit + offset - this.elapsed();
  }

  /** A deadline so many seconds from now. */
  within(seconds: number): Deadline {
    return deadline(
      this.inputs.clock,
      this.#stopwatch,
      this.elapsed() + seconds,
      'the time limit was reached',
    );
  }

  /** When the search must stop, agents be confirmed and logs be pulled, in seconds before T, by what is known now. */
  get teardown(): TeardownSchedule {
    const { config, fleet } = this.inputs;
    return teardownSchedule(fleet.timing.reserve, config.timeLimit, this.releaseTime.slowest);
  }

  /** The end of the search: it comes earlier when releasing the instances turns out to take longer. */
  searchLimit(): Deadline {
    const { clock, config } = this.inputs;
    return deadline(
      clock,
      this.#stopwatch,
      () => config.timeLimit - this.teardown.search,
      'the time limit was reached',
    );
  }

  /** When the run began, by the wall clock. */
  startedAt(): Date {
    return new Date(this.inputs.start.wall);
  }

  warn(message: string): void {
    this.emit('warning', { message });
  }
}
