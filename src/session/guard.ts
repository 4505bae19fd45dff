import type { Instance } from '../instance.ts';

/**
 * For machines that live on after a run: how nothing of its worker stays there. Terminated then means released: the
 * machine itself says that the worker's processes are dead and its files are gone.
 */
export interface Guard {
  /**
   * Notes that something is about to be put on the instance, so that it is looked for there from now on, and gives the
   * command that comes before it. That says `armed` on stdout and leaves a process behind which, when `seconds` are over,
   * ends what is left of the worker there and removes its files, whatever became of connections meanwhile.
   */
  arm(run: string, instance: Instance, seconds: number): Promise<string>;
  /** Takes back the note of `arm`: the instance ran no command at all, so that nothing was put there. */
  disarm(run: string, instance: Instance): Promise<void>;
  /** The command as it starts the worker, so that everything it starts is known as this run's on this instance. Pure. */
  tag(run: string, instance: Instance, command: string): string;
}
