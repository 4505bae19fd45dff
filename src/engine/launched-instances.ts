import type { Instance } from '../instance.ts';
import type { Guard } from '../session/guard.ts';
import type { Link } from '../session/link.ts';
import type { Watch } from './watch.ts';

/** The instances of a run once they are launched, and the ways to them. An engine without instances uses none of it. */
export interface LaunchedInstances {
  /** What the launch answered with: N is fixed by it. */
  readonly launched: readonly Instance[];
  readonly watch: Watch;
  /** The one session to an instance. */
  readonly link: (instance: Instance) => Link;
  readonly guard: Guard | undefined;
  /** Seconds from now until nothing of the run may be left on an instance. */
  readonly lifetime: () => number;
  /** How to see that a dead-man's switch is armed, and to end an instance without one; undefined: it is certain. */
  readonly switch: SwitchCheck | undefined;
  /**
   * Launches another, with this index, in place of one that its fleet has ended, or is about to; undefined: it is not replaced.
   * Rejects when none can be launched.
   */
  readonly replace: (lost: Instance, index: number) => Promise<Instance> | undefined;
  /** Where an instance is told that it is about to be interrupted: the URL of its metadata service; undefined: it never is. */
  readonly interruptionNotices: string | undefined;
  /** Told how many seconds an instance took to answer a command, where it is released by one. */
  readonly onAnswer: ((index: number, seconds: number) => void) | undefined;
}

/** How a dead-man's switch is checked. */
export interface SwitchCheck {
  /** Exits with 0 on an instance whose switch is armed. */
  readonly command: string;
  readonly terminate: (instance: Instance) => Promise<void>;
}
