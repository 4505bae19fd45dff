import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { signalGroup } from './command.ts';
import { instanceEnvironment, instanceId } from '../environment.ts';
import type { LocalInstanceRecord } from '../record.ts';
import type { HostSpec } from '../spec.ts';
import type { PendingLogins } from './pending-login.ts';
import { SshServer } from './ssh-server.ts';
import type { ServerKeys } from './ssh-server.ts';
import { syslogLine } from './syslog.ts';

/** One machine inside the host: an SSH server, a directory, a syslog and the processes that were started over SSH. */
export class LocalInstance {
  readonly id: string;
  readonly index: number;
  readonly #spec: HostSpec;
  readonly #directory: string;
  readonly #environment: Record<string, string>;
  readonly #commands = new Set<ChildProcessWithoutNullStreams>();
  readonly #server: SshServer;
  #state: LocalInstanceRecord['state'] = 'pending';
  #reason: string | undefined;
  #endedBy: LocalInstanceRecord['endedBy'];
  #port: number | undefined;

  constructor(spec: HostSpec, index: number, keys: ServerKeys, logins: PendingLogins) {
    this.id = instanceId(spec.run, index);
    this.index = index;
    this.#spec = spec;
    this.#directory = join(spec.directory, this.id);
    this.#environment = instanceEnvironment(process.env, {
      run: spec.run,
      id: this.id,
      directory: this.#directory,
    });
    const deaf = spec.rehearse.some((it) => it.instance === index && it.failure === 'never-answers');
    this.#server = new SshServer(keys, logins, deaf ? undefined : (command) => this.#start(command));
  }

  get state(): LocalInstanceRecord['state'] {
    return this.#state;
  }

  /** What controllers are told. */
  get record(): LocalInstanceRecord {
    return {
      id: this.id,
      index: this.index,
      state: this.#state,
      threads: this.#spec.threads,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      ...(this.#endedBy === undefined ? {} : { endedBy: this.#endedBy }),
      ...(this.#state === 'running' && this.#port !== undefined ? { port: this.#port } : {}),
    };
  }

  /** Makes its directory, with nothing running yet. */
  async create(): Promise<void> {
    await mkdir(join(this.#directory, 'tmp'), { recursive: true, mode: 0o700 });
    this.#log(
      `created for run ${this.#spec.run}, powers itself off in ${this.#spec.lifetime} s at the latest`,
    );
  }

  /** From pending to running: from now on it is reached over SSH. */
  async boot(): Promise<void> {
    if (this.#state !== 'pending') return;
    this.#port = await this.#server.listen();
    this.#state = 'running';
    this.#log(`booted, ${this.#spec.threads} thread(s), sshd on 127.0.0.1 port ${this.#port}`);
  }

  /** Pulls the plug: no connection, no new command, and the process groups it knows of are killed. */
  cut(reason: string, endedBy: 'service' | 'user'): void {
    if (this.#state === 'terminated') return;
    if (this.#state !== 'shutting-down') this.#log(`powering off: ${reason}`);
    this.#reason ??= reason;
    this.#endedBy ??= endedBy;
    this.#state = 'shutting-down';
    this.#server.close();
    for (const command of this.#commands) signalGroup(command, 'SIGKILL');
  }

  /** Once all its processes were seen to be dead. */
  terminated(): void {
    this.#state = 'terminated';
  }

  #start(command: string): ChildProcessWithoutNullStreams | undefined {
    if (this.#state !== 'running') return undefined;
    try {
      const child = spawn('/bin/sh', ['-c', command], {
        cwd: this.#directory,
        env: this.#environment,
        detached: true, // a session and process group of its own
      });
      child.on('error', (error) => this.#log(`cannot start a command: ${error.message}`));
      if (child.pid === undefined) return undefined;
      this.#commands.add(child);
      child.once('exit', () => this.#commands.delete(child));
      return child;
    } catch {
      return undefined; // a command with a NUL in it, for one
    }
  }

  #log(message: string): void {
    const source = { host: `cnd-local-${this.index}`, program: 'cnd-local', pid: process.pid };
    try {
      appendFileSync(join(this.#directory, 'syslog'), syslogLine(new Date(), source, message), {
        mode: 0o600,
      });
    } catch {
      // A full disk or a directory deleted by hand must not keep an instance from being powered off.
    }
  }
}
