import type { InstancePrice } from '../cost.ts';

/** A kind of machine that a search can run on, as far as it matters for choosing how many. */
export interface MachineOption {
  /** An instance type, or what the fleet calls its machines. */
  readonly name: string;
  /** How it is paid for. */
  readonly market: 'on demand' | 'spot' | 'own';
  /** Nonces per second that one instance tests. */
  readonly rate: number;
  /** Where the rate is from, for people. */
  readonly rateBasis: string;
  /** What one instance costs, at most; nothing an hour where it costs nothing, undefined where it is not known. */
  readonly price: InstancePrice | undefined;
  /** Where the price is from, for people. */
  readonly priceBasis?: string;
  /** Seconds from the start of a run until such an instance searches. */
  readonly boot: number;
  readonly bootBasis: string;
  /** How many there are; absent: any number. */
  readonly most?: number;
  /** Why there are none of this kind. */
  readonly missing?: string;
  /** What one should know of where these figures are from. */
  readonly note?: string;
}

/** What is searched for, and until when. */
export interface Goal {
  /** The probability that one nonce is golden, above 0. */
  readonly probability: number;
  /** Exactly one nonce is golden, and `probability` is 1 / `size`. */
  readonly single?: boolean;
  /** How many nonces there are. */
  readonly size: bigint;
  /** T, in seconds. */
  readonly timeLimit: number;
  /** Seconds of T that are kept for teardown. */
  readonly reserve: number;
  /** Seconds beyond T for which an instance may be paid at most. */
  readonly grace: number;
  /** How many instances are allowed; absent: any number. */
  readonly allowed?: number;
}
