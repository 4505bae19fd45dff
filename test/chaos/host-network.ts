import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What can befall the network to one host: a proxy in front of it (wire.ts), or a real network. */
export interface HostLink {
  /** Nothing gets through until `mend`. */
  cut(): void;
  mend(): void;
  /** From now on every byte arrives so many milliseconds later. */
  delay(milliseconds: number): void;
  /** The connections that there are swallow everything from now on. Whether there were any. */
  forget(): boolean;
  /** Every connection is closed at once. Whether there were any. */
  reset(): boolean;
  /** There is no host any more, until `mend`. */
  powerOff(): void;
  stop(): void;
}

let count = 0;

/**
 * A network namespace for one host, joined to the one of this process by a pair of interfaces: packets are dropped there by
 * iptables. Needs namespaces of one's own (namespace.ts).
 */
export class HostNetwork implements HostLink {
  readonly address: string;
  /** Runs a command in it. */
  readonly within: readonly string[];
  readonly #space: ChildProcess;
  readonly #interface: string;
  #server: { readonly pid: number; readonly port: number } | undefined;

  private constructor(space: ChildProcess, index: number) {
    this.#space = space;
    this.#interface = `host${index}`;
    const subnet = `10.${64 + (index >> 14)}.${(index >> 6) & 255}`;
    const first = (index & 63) * 4;
    this.address = `${subnet}.${first + 2}`;
    this.within = ['nsenter', '-t', String(space.pid), '-n'];
    batch(
      [],
      `link add ${this.#interface} type veth peer name eth0 netns ${space.pid}`,
      `addr add ${subnet}.${first + 1}/30 dev ${this.#interface}`,
      `link set ${this.#interface} up`,
    );
    batch(this.within, 'link set lo up', `addr add ${this.address}/30 dev eth0`, 'link set eth0 up');
  }

  static async start(): Promise<HostNetwork> {
    const space = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
    const index = count;
    count += 1;
    while (!isApart(space.pid ?? 0)) await sleep(5);
    return new HostNetwork(space, index);
  }

  /** Which server is in it. */
  serve(pid: number, port: number): void {
    this.#server = { pid, port };
  }

  cut(): void {
    this.#drop('-i', 'eth0');
  }

  mend(): void {
    this.#iptables('-F');
  }

  delay(): void {
    throw new Error('a scenario with a delay is played through proxies');
  }

  forget(): boolean {
    const peers = this.#peers();
    for (const port of peers) this.#drop('-i', 'eth0', '-p', 'tcp', '--sport', String(port));
    return peers.length > 0;
  }

  /** By the end of the processes that serve them, as when sshd is restarted. */
  reset(): boolean {
    const any = this.#peers().length > 0;
    for (const pid of childrenOf(this.#server?.pid ?? 0)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    return any;
  }

  powerOff(): void {
    this.cut();
  }

  stop(): void {
    this.#space.kill('SIGKILL');
    execFileSync('ip', ['link', 'delete', this.#interface], { stdio: 'ignore' });
  }

  /** Packets in, and the same ones out. */
  #drop(...which: readonly string[]): void {
    const back = which.map((word) => ({ '-i': '-o', '--sport': '--dport' })[word] ?? word);
    this.#iptables('-A', 'INPUT', ...which, '-j', 'DROP');
    this.#iptables('-A', 'OUTPUT', ...back, '-j', 'DROP');
  }

  #iptables(...args: readonly string[]): void {
    run([...this.within, 'iptables', '-w', ...args]);
  }

  /** The ports at the other end of the connections that there are. */
  #peers(): number[] {
    const port = (this.#server?.port ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return readFileSync(`/proc/${this.#space.pid}/net/tcp`, 'utf8')
      .split('\n')
      .map((line) => new RegExp(` [0-9A-F]+:${port} [0-9A-F]+:([0-9A-F]{4}) 01 `).exec(line)?.[1])
      .filter((other) => other !== undefined)
      .map((other) => Number.parseInt(other, 16));
  }
}

function isApart(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net');
  } catch {
    return false;
  }
}

function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function batch(within: readonly string[], ...lines: readonly string[]): void {
  run([...within, 'ip', '-batch', '-'], `${lines.join('\n')}\n`);
}

function run(command: readonly string[], input?: string): void {
  const [program = '', ...args] = command;
  execFileSync(program, args, { stdio: ['pipe', 'ignore', 'pipe'], ...(input !== undefined && { input }) });
}
