import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunEvent } from '../../src/event/event.ts';
import { parseEvent } from '../../src/event/journal-reader.ts';
import { isolation } from './stage/isolated.ts';
import { repository } from './stage/repository.ts';
import { archivedRuns } from './archived-runs.ts';

const bin = join(repository, 'bin/cnd.js');

/** A search that finds nothing and that no machine ends, however fast it is: the default space takes some seconds of the fastest. */
export const endlessFlags = `--D 16 --limit ${2n ** 64n - 1n}`;

/** Whoever runs the tests may have an AWS account: no test ever asks it. */
const noAws = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
};

/** How a `cnd` ended and everything it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `cnd` that is running. */
export interface Cnd {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** With `--json`: resolves with the first event that matches, also one that came before; rejects if it ends without. */
  event(name: RunEvent['event'], match?: (event: RunEvent) => boolean): Promise<RunEvent>;
}

/** A place of its own for runs: a working directory and a state home. */
export interface Workspace {
  readonly directory: string;
  readonly state: string;
  start(args: readonly string[], env?: NodeJS.ProcessEnv): Cnd;
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended>;
  remove(): void;
}

/** Whether it terminates every local run of this machine, those of other tests included. */
function endsAll(args: readonly string[]): boolean {
  return args.includes('scram') && !args.includes('--run');
}

/** A fresh directory in which `cnd` is run as a user would: the built program, real processes. */
export function workspace(): Workspace {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-e2e-'));
  const state = join(directory, 'state');
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Cnd => {
    const command = [process.execPath, bin, ...args];
    const [program = '', ...words] = endsAll(args) ? isolation(command) : command;
    const child = spawn(program, words, {
      cwd: directory,
      env: { ...process.env, ...noAws, XDG_STATE_HOME: state, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return follow(child);
  };
  return {
    directory,
    state,
    start,
    run: (args, env) => start(args, env).ended,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function follow(child: ChildProcess): Cnd {
  const output = { stdout: '', stderr: '' };
  const events: RunEvent[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  let over = false;
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      output.stdout += `${line}\n`;
      if (line.startsWith('{"event"')) events.push(JSON.parse(line) as RunEvent);
      wake();
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      over = true;
      wake();
      resolve({ code, signal, ...output });
    });
  });
  const event: Cnd['event'] = (name, match = () => true) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = events.find((candidate) => candidate.event === name && match(candidate));
        if (!found && !over) return void waiting.add(look);
        waiting.delete(look);
        if (found) resolve(found);
        else reject(new Error(`cnd ended without ${name}: ${output.stderr}${output.stdout.slice(-2000)}`));
      };
      look();
    });
  return { child, ended, event };
}

/**
 * Starts a run that gets as far as `name` within its T: where plan, launch and boot take longer than that, on a slow and busy
 * machine, it is started again with twice the T. Gives the T that was enough.
 */
export async function reaching(
  start: (timeLimit: number) => Cnd,
  name: RunEvent['event'],
  timeLimit: number,
): Promise<{ readonly cnd: Cnd; readonly run: string; readonly timeLimit: number }> {
  const cnd = start(timeLimit);
  try {
    const { run } = await cnd.event(name);
    return { cnd, run, timeLimit };
  } catch (error) {
    if (timeLimit > 100) throw error;
    return reaching(start, name, timeLimit * 2);
  }
}

/** The events of a `--json` run that has ended, each as the published vocabulary has it. */
export function eventsOf({ stdout }: Ended): RunEvent[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const event = parseEvent(line);
      if (typeof event === 'object') return event;
      throw new Error(`${event}: ${line.slice(0, 500)}`);
    });
}

/** The events that the journal of the only run of a place has so far. */
export function journalOf({ directory }: Pick<Workspace, 'directory'>): RunEvent[] {
  const logs = join(directory, 'logs');
  const [run] = archivedRuns(logs);
  const path = join(logs, run ?? '', 'events.ndjson');
  if (run === undefined || !existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => parseEvent(line))
    .filter((event) => typeof event === 'object');
}

/** The events of one name, with their own fields. */
export function named<Name extends RunEvent['event']>(
  events: readonly RunEvent[],
  name: Name,
): Extract<RunEvent, { event: Name }>[] {
  return events.filter((event): event is Extract<RunEvent, { event: Name }> => event.event === name);
}

/** The last event of a `--json` run: how it ended. */
export function runEnded(ended: Ended): Extract<RunEvent, { event: 'run.ended' }> {
  const event = named(eventsOf(ended), 'run.ended').at(-1);
  if (!event)
    throw new Error(`no run.ended: exit ${ended.code}: ${ended.stderr}${ended.stdout.slice(-2000)}`);
  return event;
}
