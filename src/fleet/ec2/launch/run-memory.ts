import type { Login } from '../find/describe.ts';

/** What this process knows of a run that it launched itself; of any other it knows what the tags say. */
export class RunMemory {
  /** Ids that RunInstances answered with, and their indices: EC2 may not show them for a moment. */
  readonly known = new Map<string, number>();
  /** Ids that EC2 has said to be shutting down or terminated: for good. */
  readonly over = new Set<string>();
  /** RunInstances calls that have not been answered yet: what they launch becomes known then. Never rejected. */
  readonly pending = new Set<Promise<unknown>>();
  login: Login | undefined;
  /** When RunInstances last answered, by `performance.now()`. */
  launchedAt = 0;
  /** A RunInstances call may have had an effect that nobody was told of. */
  inDoubt = false;
  /** When a security group was asked for, by `performance.now()`: EC2 may not show it for a moment. */
  groupAskedAt = -Infinity;
}
