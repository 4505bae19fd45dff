import type { InstancePrice } from '../../cost.ts';
import type { DisplaySettings } from '../display/message.ts';
import type { PhaseName } from '../../event/outcome.ts';

/** The phases of a run that can be watched: the plan is told when it is made. */
export type LivePhase = Exclude<PhaseName, 'plan'>;

/** Where an instance is on its way through a run, in words that the view shows. */
export type InstanceStage =
  | 'booting'
  | 'connecting'
  | 'waiting'
  | 'uploading'
  | 'starting'
  | 'searching'
  | 'idle'
  | 'disconnected'
  | 'stopped'
  | 'lost'
  | 'terminated'
  | 'released';

/** One instance as the view knows it. */
export interface LiveInstance {
  readonly index: number;
  readonly stage: InstanceStage;
  /** What it is waiting for, or why it is lost. */
  readonly detail?: string;
  /** Kernel, instruction set and threads, once it has searched. */
  readonly engine?: string;
  readonly rate: number;
  /** Nonces it has tested. */
  readonly hashes: number;
  /** It has found a golden nonce. */
  readonly golden: boolean;
  /** When it was said to be terminated, in milliseconds since the epoch. */
  readonly terminatedAt?: number;
  /** What became of its syslog. */
  readonly log?: 'pulled' | 'missing';
}

/** What the view knows of a run: the sum of its events so far. */
export interface LiveRun {
  /** Nonces in the space; absent until it is known. */
  readonly space?: number;
  /** US dollars that the run costs at most, and what each instance does, as far as that is known; absent where it costs nothing. */
  readonly cost?: { readonly most?: number; readonly price?: InstancePrice };
  /** When the launch began, in milliseconds since the epoch: from then on something may cost money. */
  readonly launchedAt?: number;
  /** What the user is asked. */
  readonly question?: string;
  /** The user does not want to see the instances. */
  readonly rowsHidden: boolean;
  readonly phase: LivePhase | 'ready' | 'ended';
  /** When the phase began, in milliseconds since the epoch. */
  readonly since: number;
  /** Phases that are over, with the seconds each took. */
  readonly past: readonly { readonly name: LivePhase; readonly seconds: number }[];
  /** Instances asked for, and where from. */
  readonly asked: number;
  readonly fleet: string;
  /** Its instances are released, not terminated. */
  readonly released?: true;
  readonly smallest: boolean;
  readonly timeLimit: number;
  /** A moment (milliseconds since the epoch) and how much of T had elapsed then, in seconds. */
  readonly clock: { readonly at: number; readonly elapsed: number };
  /** By index. Changed in place: a copy at each event would cost the square of their number. */
  readonly instances: Map<number, LiveInstance>;
  readonly tested: string;
  readonly probability: number;
  /** The best verified golden nonce. */
  readonly hit?: { readonly instance?: number | undefined; readonly nonce: string };
  /** Where the logs are being stored, once they are. */
  readonly archive?: string;
  /** How often somebody asked for the end. */
  readonly interruptions: number;
}

/** Before the first event. `start`: the moment T counts from, in milliseconds since the epoch. */
export function initialState(start: number, plan?: DisplaySettings['plan']): LiveRun {
  return {
    rowsHidden: false,
    phase: 'ready',
    since: start,
    past: [],
    asked: plan?.instances ?? 0,
    fleet: plan?.fleet ?? '',
    smallest: false,
    timeLimit: plan?.timeLimit ?? 0,
    clock: { at: start, elapsed: 0 },
    instances: new Map(),
    tested: '0',
    probability: 0,
    interruptions: 0,
  };
}

/** An instance that was just launched. */
export function newInstance(index: number): LiveInstance {
  return { index, stage: 'booting', rate: 0, hashes: 0, golden: false };
}
