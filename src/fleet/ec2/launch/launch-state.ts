import type { InstanceLogin } from '../find/describe.ts';
import type { LaunchPlan } from './run-instances.ts';

/** What this process knows of a run that it launched itself; of any other it knows what the tags say. */
export class LaunchState {
  /** Ids that RunInstances answered with, and their indices: EC2 may not show them for a moment. */
  readonly known = new Map<string, number>();
  /** Ids that EC2 has said to be shutting down or terminated: for good. */
  readonly over = new Set<string>();
  /** RunInstances calls that have not been answered yet: what they launch becomes known then. Never rejected. */
  readonly pending = new Set<Promise<unknown>>();
  login: InstanceLogin | undefined;
  /** What replacements are launched by, too: with the same keys. */
  plan: Promise<LaunchPlan> | LaunchPlan | undefined;
  /** More may be launched later, in place of those that are lost. */
  replaces = false;
  /** RunInstances calls until now, but for repetitions: each has a ClientToken of its own. */
  attempts = 0;
  /** The run's own security group, and the blocks of addresses that SSH is allowed from. */
  group: { readonly id: string; readonly sources: Set<string> } | undefined;
  /** A look for this machine's address that is under way. */
  ingressUpdate: Promise<void> | undefined;
  /** Instances that run without an address to be reached at, since when by `performance.now()`. */
  readonly unreachable = new Map<string, number>();
  /** Told what a user would want to know. */
  notice: (message: string) => void = () => {};
  /** When RunInstances last answered, by `performance.now()`. */
  launchedAt = 0;
  /** A RunInstances call may have had an effect that nobody was told of. */
  outcomeUnknown = false;
  /** When a security group was asked for, by `performance.now()`: EC2 may not show it for a moment. */
  groupRequestedAt = -Infinity;
}
