import { CndError } from '../../../error.ts';
import type { Emit } from '../../../event/event.ts';
import type { Instance } from '../../../instance.ts';
import { platformOf } from '../../../kernel/native.ts';
import type { Session } from '../../../session/session.ts';
import { workDirectory } from '../../../session/work-directory.ts';
import { Agent, type Speaker, noPython } from '../agent.ts';
import { fullDiskHint } from './full-disk.ts';
import { bootWorker, bundleHeader } from '../remote-command.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Milliseconds in which an instance's shell must run, its switch be found armed, and its guard be armed. */
const timeouts = { shell: 30_000, armedSwitch: 15_000, guard: 10_000 } as const;

/** Milliseconds after which a step that an instance does not finish is told of. */
const slowAfter = 3000;

/**
 * Seconds in which an instance must have started python3, and again in which it must have taken the upload: a part of what is left
 * of the search, so that the others can take over its work, within bounds. (A connection that takes longer than that for it fails
 * its keepalives, too.)
 */
const uploadTimeout = { shortest: 5, part: 1 / 3, longest: 20 };

/** Exit codes of what receives the worker (remote/loader.py, remote/boot.py). */
const exitCode = { mismatch: 65, directory: 73 } as const;

/** The boot of one worker on its instance. */
export interface Boot {
  readonly instance: Instance;
  readonly session: Session;
  readonly context: WorkerContext;
  readonly speaker: Speaker;
  /** Aborts when the search is over, or the instance is gone. */
  readonly stop: AbortSignal;
}

/**
 * Puts the worker on an instance and attaches to its agent, by one command: the instance must not outlive the run, so that its
 * switch or its guard comes first; then it tells its platform, and takes the bundle for that. @throws CndError
 */
export async function boot({ instance, session, context, speaker, stop }: Boot): Promise<Agent> {
  const { run, guards, bundles, switch: dead, onAnswer } = context;
  const { index } = instance;
  const begin = performance.now();
  const opening = guards.starting(instance, (guard) => {
    const checks = { armedSwitch: dead?.command, guard };
    const boot = bootWorker(run, index, guards.lifetime(), bundles.loader, checks);
    const command = guards.tag(instance, boot);
    const bounds = { signal: stop, timeout: timeouts.shell };
    return Agent.open(session, command, { run, worker: index }, speaker, bounds);
  });
  const agent = await toldWhenSlow(index, 'starting its shell', opening, context.emit);
  onAnswer?.(index, (performance.now() - begin) / 1000);
  try {
    await new Steps(agent, instance, context, stop).take();
  } catch (error) {
    agent.abandon();
    throw error;
  }
  return agent;
}

/** What the command says, one step after the other. */
class Steps {
  readonly #agent: Agent;
  readonly #instance: Instance;
  readonly #context: WorkerContext;
  readonly #stop: AbortSignal;

  constructor(agent: Agent, instance: Instance, context: WorkerContext, stop: AbortSignal) {
    this.#agent = agent;
    this.#instance = instance;
    this.#context = context;
    this.#stop = stop;
  }

  async take(): Promise<void> {
    const { switch: dead, guards, bundles, job } = this.#context;
    if (dead) await this.#requireSwitch(dead.terminate);
    if (guards.isNeeded && !(await this.#wait(/^armed$/, 'arming its guard', timeouts.guard)))
      throw await this.#notArmed();
    const timeout = 1000 * uploadSeconds(job().seconds);
    const platform = await this.#wait(/^platform (.*)$/, 'starting python3', timeout);
    if (!platform) throw await this.#noPython();
    const bundle = await bundles.for(platformOf(platform[1] ?? ''));
    const bytes = bundle.data.length;
    this.#agent.greet(bundleHeader(bundle), bundle.data);
    if (!(await this.#wait(/^unpacked$/, `the upload of ${bytes} bytes`, timeout)))
      throw await this.#notUploaded();
    this.#context.emit('instance.uploaded', { instance: this.#instance.index, bytes });
  }

  #wait(pattern: RegExp, what: string, timeout: number): Promise<RegExpExecArray | undefined> {
    const said = this.#agent.said(pattern, what, { signal: this.#stop, timeout });
    return toldWhenSlow(this.#instance.index, what, said, this.#context.emit);
  }

  /** An instance that would outlive us is ended at once. @throws CndError `instance-unarmed` */
  async #requireSwitch(terminate: (instance: Instance) => Promise<void>): Promise<void> {
    const what = "the check of its dead-man's switch";
    const said = await this.#wait(/^switch (\d+)$/, what, timeouts.armedSwitch);
    if (!said) throw await this.#ended(what);
    if (said[1] === '0') return this.#context.emit('instance.armed', { instance: this.#instance.index });
    await terminate(this.#instance);
    throw new CndError('instance-unarmed', "its dead-man's switch is not armed, so it was terminated", {
      about: this.#instance.id,
      hint: 'the image must run cloud-init and systemd',
    });
  }

  async #notArmed(): Promise<CndError> {
    const { words } = await this.#agent.end();
    const hint = fullDiskHint(words, this.#directory);
    return new CndError('guard-failed', `the worker cannot be installed: ${words || 'the guard ended'}`, {
      ...(hint !== undefined && { hint }),
    });
  }

  async #noPython(): Promise<CndError> {
    const { exit, words } = await this.#agent.end();
    return exit.signal === null ? noPython(words) : this.#ended('starting python3');
  }

  async #notUploaded(): Promise<CndError> {
    const { exit, words } = await this.#agent.end();
    const directory = this.#directory;
    const what = `the upload to ${directory}`;
    if (exit.code === exitCode.mismatch) {
      const hint = 'Try again; if it happens again, something on the network path changes the data.';
      return new CndError('session-upload-mismatch', `${what} failed: ${words}`, { hint });
    }
    if (exit.code === exitCode.directory) {
      const hint = `Remove ${directory} there.`;
      return new CndError('session-upload-directory', `${what} failed: ${words}`, { hint });
    }
    return this.#ended(what);
  }

  /** The error for a command that has ended before it was to. */
  async #ended(what: string): Promise<CndError> {
    const { exit, words } = await this.#agent.end();
    const how = exit.signal === null ? `failed with exit code ${exit.code}` : `was ended by ${exit.signal}`;
    const hint = fullDiskHint(words, this.#directory);
    return new CndError('session-exit', `${what} ${how}${words && `: ${words}`}`, {
      ...(hint !== undefined && { hint }),
    });
  }

  get #directory(): string {
    return workDirectory(this.#context.run, this.#instance.index);
  }
}

/** Seconds for an upload, with so many left of the search. Pure. */
function uploadSeconds(left: number): number {
  const { shortest, part, longest } = uploadTimeout;
  return Math.min(longest, Math.max(shortest, left * part));
}

/** Tells what an instance is being waited for, if that takes long. */
async function toldWhenSlow<T>(index: number, what: string, step: Promise<T>, emit: Emit): Promise<T> {
  const timer = setTimeout(() => {
    const message = `${what} has not finished after ${slowAfter / 1000} s`;
    emit('instance.waiting', { instance: index, cause: 'slow', message });
  }, slowAfter);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
  }
}
