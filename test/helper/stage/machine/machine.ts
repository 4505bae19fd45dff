import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';

import type { StageInstance } from '../ec2/instance.ts';
import { standInFiles } from '../../stand-in-file.ts';
import { repository } from '../repository.ts';
import type { CloudConfig } from './user-data.ts';

const source = join(repository, 'test/helper/stage/machine');

/** How a machine comes up. */
export interface MachineOptions {
  readonly directory: string;
  readonly cloudConfig: CloudConfig;
  readonly awsPort: number;
  /** False: its boot hangs, after the dead-man's switch was armed. */
  readonly boots: boolean;
  readonly wrongHostKey: boolean;
  /** True: its boot commands are not run. */
  readonly disarms: boolean;
  /** Seconds between the boot commands and sshd. */
  readonly bootSeconds: number;
  /** See `StageOptions`. */
  readonly shared?: string;
  /** True: its kernels do one range each, and wait until it is released. */
  readonly held: boolean;
}

/** What a machine says of itself. */
export type MachineEvent =
  | { readonly event: 'armed'; readonly unit: string; readonly seconds: number }
  | { readonly event: 'failed'; readonly message: string }
  | { readonly event: 'booted' | 'hung' | 'disarmed' | 'poweroff' | 'reboot' | 'halt' };

interface Events {
  event: [MachineEvent];
  /** Every process of the machine is gone. */
  off: [];
}

/** A machine in namespaces of its own: processes, mounts, network, host name. Killing its init kills everything in it. */
export class Machine extends EventEmitter<Events> {
  readonly directory: string;
  readonly #child: ChildProcess;
  #off = false;
  #stderr = '';

  constructor(instance: StageInstance, options: MachineOptions) {
    super();
    const { directory, ...rest } = options;
    this.directory = directory;
    mkdirSync(directory, { mode: 0o700 });
    const held = rest.held && this.#hold();
    const outerRoot = process.getuid?.() === 0;
    const { id, number, privateIp, image, vcpus } = instance;
    const { user, syslog } = image;
    const machine = {
      ...rest,
      held,
      id,
      number,
      privateIp,
      user,
      syslog,
      vcpus,
      outerRoot,
      python: python(),
    };
    writeFileSync(join(directory, 'machine.json'), JSON.stringify(machine), { mode: 0o600 });
    this.#child = spawn('unshare', [...namespaces(outerRoot), python(), '-SEB', join(source, 'init.py')], {
      cwd: directory,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    this.#follow();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isOff(): boolean {
    return this.#off;
  }

  /** The command lines of what runs in it. */
  get processes(): string[] {
    const space = link(`/proc/${this.pid}/ns/pid_for_children`);
    if (space === undefined) return [];
    const inside = readdirSync('/proc').filter(
      (pid) => /^\d+$/.test(pid) && link(`/proc/${pid}/ns/pid`) === space,
    );
    return inside.map(commandLine).filter((line) => line !== '');
  }

  /** What GetConsoleOutput shows of it. */
  get console(): string {
    const file = join(this.directory, 'console.log');
    return (existsSync(file) ? readFileSync(file, 'utf8') : '') + this.#stderr;
  }

  /** Runs `halt` in it. */
  halt(): void {
    this.#child.stdin?.write('halt\n');
  }

  /** Lets its kernels go on. */
  release(): void {
    rmSync(join(this.directory, 'hold/held'), { force: true });
  }

  /** Cuts the power: no process of the machine sees another instruction. Resolves when all are gone. */
  async cut(): Promise<void> {
    if (this.#off) return;
    const off = new Promise<void>((resolve) => this.once('off', resolve));
    this.#child.kill('SIGKILL');
    this.#child.stdin?.destroy();
    await off;
  }

  /** What its kernels are held by. It gets the stand-in kernel in full, since it sees nothing of a repository below /home or /tmp. */
  #hold(): Record<string, string> {
    mkdirSync(join(this.directory, 'hold'));
    writeFileSync(join(this.directory, 'hold/held'), '');
    return Object.fromEntries(
      standInFiles.map((path) => [basename(path), readFileSync(join(repository, path), 'utf8')]),
    );
  }

  #follow(): void {
    const { stdin, stdout, stderr } = this.#child;
    stdin?.on('error', () => {});
    stderr?.on('data', (data: Buffer) => (this.#stderr = `${this.#stderr}${data.toString()}`.slice(-20_000)));
    if (stdout) {
      createInterface({ input: stdout }).on('line', (line) => {
        if (line.startsWith('{')) this.emit('event', JSON.parse(line) as MachineEvent);
      });
    }
    this.#child.on('error', (error) => (this.#stderr += error.message));
    // 'close': what was in its pipes is read, which the processes of the machine hold until the last is gone.
    this.#child.on('close', () => {
      this.#off = true;
      this.emit('off');
    });
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // gone meanwhile, or not ours to see
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Makes a socket of the stage appear in a machine's directory. */
export function share(directory: string, name: string, path: string): void {
  linkSync(path, join(directory, name));
}

/** --kill-child: init, and with it all that runs in its process namespace, dies with unshare. */
function namespaces(outerRoot: boolean): string[] {
  const kinds = ['--mount', '--pid', '--net', '--uts', '--ipc', '--fork', '--kill-child', '--mount-proc'];
  return outerRoot ? kinds : ['--user', '--map-root-user', ...kinds];
}

let found: string | undefined;

/** The system's Python: one in a home directory could not be seen from inside. */
function python(): string {
  found ??= ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => existsSync(path));
  if (found === undefined) throw new Error('/usr/bin/python3 is missing (Debian package python3)');
  return realpathSync(found);
}
