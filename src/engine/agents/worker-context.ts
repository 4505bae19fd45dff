import type { Clock } from '../../clock.ts';
import type { Emit } from '../../event/event.ts';
import type { Instance } from '../../instance.ts';
import type { Link } from '../../session/link.ts';
import type { LaunchedInstances } from '../launched-instances.ts';
import type { Watch } from '../watch.ts';
import type { Job } from './agent-order.ts';
import type { Guards } from './guard.ts';
import type { Search } from './search.ts';
import type { WorkerBundles } from './worker-bundle.ts';

/** What all workers of a run share. */
export interface WorkerContext {
  readonly run: string;
  readonly bundles: WorkerBundles;
  readonly search: Search;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly emit: Emit;
  /** The one session to an instance that is running. */
  readonly link: (instance: Instance) => Link;
  /** Arms what keeps a worker from staying on a machine that lives on. */
  readonly guards: Guards;
  /** The job of a worker, but for what only its start can tell. */
  readonly job: () => Omit<Job, 'worker' | 'residues' | 'threads'>;
  readonly switch: LaunchedInstances['switch'];
  /** Has another launched in place of an instance, once, if that is to be: it is a worker from now on. */
  readonly replace: (lost: Instance) => void;
  readonly onAnswer: LaunchedInstances['onAnswer'];
  /** Seconds from now for which an instance that cannot be reached keeps what it searches. */
  readonly linger: () => number;
  /** What agents of this run know their controller by. */
  readonly controller: { readonly key: string; readonly epoch: number };
  /** Aborts when the search is over: nothing new is begun on any instance. */
  readonly over: AbortSignal;
  /** Aborts when nobody waits any longer for what was found until then. */
  readonly giveUp: AbortSignal;
}
