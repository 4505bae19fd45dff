import type { Call } from '../aws/call.ts';
import type { Image } from './image.ts';

export type State = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

/** EC2's numbers for the states. */
export const stateCodes: Record<State, string> = {
  pending: '0',
  running: '16',
  'shutting-down': '32',
  terminated: '48',
  stopping: '64',
  stopped: '80',
};

export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** What the stage knows of an instance beyond moto. */
export interface StageInstance {
  readonly id: string;
  /** Counts the instances of a stage since its reset, from 0: what misfortunes go by. */
  readonly number: number;
  readonly region: string;
  readonly zone: string;
  readonly type: string;
  readonly vcpus: number;
  readonly image: Image;
  readonly tags: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
  publicIp?: string;
  readonly ipv6?: string;
  readonly privateIp: string;
  /** As it was sent, decoded. */
  readonly userData: Buffer;
  readonly profile?: string;
  readonly spot: boolean;
  readonly shutdownBehavior: string;
  readonly clientToken?: string;
  /** The call that created it. */
  readonly call: Call;
  protected: boolean;
  state: State;
  reason?: Reason;
  /** The interruption notice of a Spot Instance. */
  notice?: { readonly action: string; readonly time: string };
  /** What it was before, oldest first, and until when everybody may still be told so (milliseconds since the epoch). */
  readonly past: { readonly state: State; readonly reason: Reason | undefined; readonly until: number }[];
  /** Milliseconds since the epoch: before it no Describe knows it, after it no Describe knows it any more. */
  readonly visibleFrom: number;
  launchedAt: number;
  terminatedAt?: number;
}

/** Whether it still counts as capacity, quota and user of groups. */
export function exists({ state }: StageInstance): boolean {
  return state !== 'terminated';
}

/** Whether it costs money. */
export function isLive({ state }: StageInstance): boolean {
  return state === 'pending' || state === 'running';
}
