/** EC2's words for the life of an instance. A machine that vanished is `terminated`. */
export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated';

/** Whether an instance is not over yet, nor about to be. Pure. */
export function isLiving({ state }: Pick<Instance, 'state'>): boolean {
  return state === 'pending' || state === 'running';
}

/** One machine of a fleet. */
export interface Instance {
  readonly id: string;
  /** 0-based position in the launch: worker k runs on the instance with index k. */
  readonly index: number;
  readonly state: InstanceState;
  /** Why it is in this state, when there is something to say. */
  readonly reason?: string;
  /** Who ended it, in EC2's words, once it is over: its fleet (a spot interruption, a failing host), or a user. */
  readonly endedBy?: 'service' | 'user' | undefined;
  /** Where it can be reached, for people: `user@host:port`, a pod; absent until it is running. */
  readonly address?: string;
  /** How many kernels it should run; absent: one per core it reports. */
  readonly threads?: number;
  /** The instance type and the zone it is in, where the fleet has such. */
  readonly type?: string | undefined;
  readonly zone?: string | undefined;
}
