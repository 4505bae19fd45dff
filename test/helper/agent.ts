import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { isRunning, python, remote } from './kernel.ts';
import { eventually } from './process.ts';

const coverage = z.object({
  residue: z.number(),
  next: z.string(),
  done: z.array(z.tuple([z.string(), z.string()])),
});

const agentEvent = z.looseObject({
  event: z.string(),
  residues: z.array(coverage).optional(),
  hashes: z.number().optional(),
  nonce: z.string().optional(),
  message: z.string().optional(),
});

export type AgentEvent = z.infer<typeof agentEvent>;
export type ResidueCoverage = z.infer<typeof coverage>;

const parseEvent = (line: string): AgentEvent => agentEvent.parse(JSON.parse(line));

/** The coverage that a `released` event says. */
export const releasedCoverage = (event: AgentEvent): ResidueCoverage => coverage.parse(event);

/** A job that never finds anything and takes longer than any test; tests say what they want otherwise. */
export const endless = {
  run: '20261120-081103-x7k2',
  worker: 0,
  puzzle: { scheme: 'hex-chain', block: '434f4d534d30303130636c6f7564', unit: 'digits', difficulty: 64 },
  from: '0',
  limit: '18446744073709551615',
  chunk: '1000000',
  stride: 1,
  residues: [{ residue: 0, next: '0' }],
  threads: 1,
  seconds: 60,
  // Nobody pings in most tests, and a busy machine takes long.
  silence: 120,
  smallest: false,
  kernel: 'auto',
  broadcast: null,
} as const;

export type Job = Partial<Record<keyof typeof endless | 'linger' | 'near' | 'imds', unknown>>;

/** The zeros of the default puzzle. */
export const zeros = (difficulty: number): object => ({ ...endless.puzzle, difficulty });

export interface Options {
  readonly env?: Record<string, string>;
  /** A misbehaviour of the recording stand-in kernel; absent: pow.py itself. */
  readonly standIn?: string;
  /** How many of its processes misbehave. */
  readonly times?: number;
  /** Python statements that change the agent's own constants, for waits that are too long for a test. */
  readonly tuning?: string;
  /** Nobody reads what it says. */
  readonly stalled?: boolean;
  /** The directory of another, whose agent it is to be attached to. */
  readonly beside?: AgentProcess;
  /** Started by attach.py: the agent outlives this process. */
  readonly attached?: boolean;
}

/** The agent as a process, in a directory of its own as on an instance. */
export class AgentProcess {
  readonly directory: string;
  readonly events: AgentEvent[] = [];
  readonly child: ChildProcessWithoutNullStreams;
  readonly exited: Promise<number | null>;
  stderr = '';
  readonly #bus = new EventEmitter();
  #ended = false;

  constructor(options: Options = {}, prepare: (directory: string) => void = () => {}) {
    this.directory = options.beside?.directory ?? mkdtempSync(join(tmpdir(), 'cnd-agent-'));
    if (!options.beside) {
      for (const file of readdirSync(remote).filter((name) => name.endsWith('.py')))
        cpSync(join(remote, file), join(this.directory, file));
      prepare(this.directory);
    }
    const tuned = `import sys; sys.path.insert(0, ${JSON.stringify(this.directory)}); ${options.tuning}; import agent; agent.main()`;
    const script = options.attached || options.beside ? 'attach.py' : 'agent.py';
    const program = options.tuning ? ['-c', tuned] : [join(this.directory, script)];
    this.child = spawn(python, ['-S', '-E', ...program, '600'], { env: this.#environment(options) });
    this.exited = once(this.child, 'exit').then(() => this.child.exitCode);
    this.child.stdin.on('error', () => {});
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    if (!options.stalled) {
      const lines = createInterface({ input: this.child.stdout });
      lines.on('line', (line) => this.#hear(parseEvent(line)));
      lines.on('close', () => this.#hear());
    }
  }

  #environment({ standIn, times, env }: Options): Record<string, string> {
    const common = { PATH: process.env['PATH'] ?? '', CND_SYSLOG: this.path('syslog'), ...env };
    if (!standIn) return common;
    const script = fileURLToPath(new URL('kernel-stand-in.py', import.meta.url));
    executable(this.path('stand-in'), `exec '${python}' -S -E '${script}' "$@"`);
    return {
      ...common,
      CND_KERNEL: this.path('stand-in'),
      STAND_IN_POW: this.directory,
      STAND_IN_RECORD: this.path('record'),
      STAND_IN_MODE: standIn,
      ...(times === undefined ? {} : { STAND_IN_TIMES: String(times) }),
    };
  }

  #hear(event?: AgentEvent): void {
    if (event) this.events.push(event);
    else this.#ended = true;
    this.#bus.emit('news');
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  send(...lines: (object | string)[]): void {
    const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    this.child.stdin.write(texts.map((text) => `${text}\n`).join(''));
  }

  job(job: Job = {}): this {
    this.send({ ...endless, ...job });
    return this;
  }

  /** The first event of a kind, from the `from`th event on, that is already there or comes. */
  async event(
    kind: string,
    wanted: (event: AgentEvent) => boolean = () => true,
    from = 0,
  ): Promise<AgentEvent> {
    for (;;) {
      const found = this.events.slice(from).find((event) => event.event === kind && wanted(event));
      if (found) return found;
      if (this.#ended)
        throw new Error(`ended without ${kind}: ${JSON.stringify(this.events)} ${this.stderr}`);
      await once(this.#bus, 'news');
    }
  }

  kinds(): string[] {
    return this.events.map(({ event }) => event);
  }

  spool(): AgentEvent[] {
    return this.read('spool.ndjson').split('\n').slice(0, -1).map(parseEvent);
  }

  /** What the stand-in recorded: [pid, lo, hi] of each range it did. */
  recorded(): { pid: number; lo: bigint; hi: bigint }[] {
    return this.read('record')
      .split('\n')
      .map((line) => line.split(' '))
      .filter((words) => words.length === 3)
      .map(([pid, lo, hi]) => ({ pid: Number(pid), lo: BigInt(lo ?? 0), hi: BigInt(hi ?? 0) }));
  }

  /** Pids of the processes that run something in this agent's directory, itself included. */
  running(): number[] {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && isRunning(pid) && commandLine(pid).includes(this.directory));
  }

  kernels(): number[] {
    return this.running().filter((pid) => pid !== this.child.pid);
  }

  /** Kills it, and what it has started and has not ended yet: that may still be making files there. */
  async dispose(): Promise<void> {
    await eventually('all dead', () => {
      const running = this.running();
      for (const pid of running) kill(pid);
      return running.length === 0;
    });
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function commandLine(pid: number): string {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1') + environment;
  } catch {
    return ''; // gone meanwhile
  }
}

/** A shell script that can be run as a kernel. */
export function executable(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

/** Which nonces of `from..limit` a report says are done; only for spaces that fit into memory. */
export function coveredNonces(
  residues: readonly ResidueCoverage[],
  { from, limit, chunk, stride }: { from: number; limit: number; chunk: number; stride: number },
): Set<number> {
  const covered = new Set<number>();
  const add = (lo: number, hi: number): void => {
    for (let nonce = lo; nonce < hi; nonce++) covered.add(nonce);
  };
  for (const { residue, next, done } of residues) {
    for (let c = residue; c < Number(next); c += stride)
      add(from + c * chunk, Math.min(from + (c + 1) * chunk, limit));
    for (const [lo, hi] of done) add(Number(lo), Number(hi));
  }
  return covered;
}
