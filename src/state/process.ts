import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { codeOf } from '../file.ts';
import { type RunId, parseInstanceTag, parseRunId } from '../run-id.ts';

/** One process for ever: a pid alone is reused for another process once its own has exited. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as the system tells it: clock ticks since boot on Linux, a date elsewhere. */
  readonly start: string;
}

/**
 * A process that carries a run's tag in its environment. Whoever starts a process chooses its tags, and a setuid program keeps
 * them: they name a process to list or to kill, and nothing else, least of all a path.
 */
export interface TaggedProcess extends ProcessIdentity {
  readonly run: RunId;
  /** The instance it belongs to; absent for the machinery of a fleet. */
  readonly instance?: string;
  /** Every `CND_…` variable it was started with. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The identity of a living process, or undefined when there is none; zombies do not count. */
export function identify(pid: number): ProcessIdentity | undefined {
  return process.platform === 'linux' ? identifyByProc(pid) : identifyByPs(pid);
}

/** Whether exactly this process is still alive: not another one with its pid, not its zombie. */
export function isAlive({ pid, start }: ProcessIdentity): boolean {
  return identify(pid)?.start === start;
}

/** Sends a signal to exactly this process and says whether there was one to receive it. */
export function killProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false; // it ended in between, or is not ours any more
  }
}

/**
 * The living processes of this user that were started with `CND_RUN=<run>`, or with any CND_RUN, wherever they are now:
 * the tag survives fork, setsid, a new parent and a changed directory. Those that vanish or cannot be read are skipped.
 */
export function findTagged(run?: string): TaggedProcess[] {
  return process.platform === 'linux' ? findByProc(run) : findByPs(run);
}

function identifyByProc(pid: number): ProcessIdentity | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (isOver(error)) return undefined;
    throw error; // too many open files, say: it is not dead because nobody could look
  }
}

/** What /proc says of a process that has ended, or is hidden as another user's. */
function isOver(error: unknown): boolean {
  return ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(codeOf(error) ?? '');
}

/** Reads proc_pid_stat(5); undefined for a zombie. The command in field 2 may itself hold spaces and parentheses. */
export function parseStat(pid: number, stat: string): ProcessIdentity | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return start === undefined || state === 'Z' || state === 'X' ? undefined : { pid, start };
}

function findByProc(run?: string): TaggedProcess[] {
  const needle = `CND_RUN=${run ?? ''}`;
  return readdirSync('/proc').flatMap((name) => {
    try {
      // One read for each of the many that are not meant: on a machine kept busy by hundreds of kernels this counts.
      const path = `/proc/${name}/environ`;
      if (!/^\d/.test(name) || !readFileSync(path).includes(needle)) return [];
      if (statSync(path).uid !== process.getuid?.()) return [];
      // Identity before tags: should the pid change hands in between, the tags are paired with a dead identity, never
      // with another process.
      const identity = identifyByProc(Number(name));
      return tagged(identity, readFileSync(path, 'utf8').split('\0'), run);
    } catch (error) {
      if (isOver(error)) return []; // gone, or not ours to read
      throw error;
    }
  });
}

/** A process with its tags, if its environment (`NAME=value` each) has the wanted run's: none or one. */
export function tagged(
  identity: ProcessIdentity | undefined,
  environment: readonly string[],
  run?: string,
): TaggedProcess[] {
  const tags = Object.fromEntries(
    environment
      .filter((entry) => /^CND_[A-Z_]+=/.test(entry))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
  const found = parseRunId(tags['CND_RUN']);
  if (!identity || !found || (run !== undefined && found !== run)) return [];
  const instance = parseInstanceTag(tags['CND_INSTANCE'], found)?.id;
  return [{ ...identity, run: found, ...(instance === undefined ? {} : { instance }), tags }];
}

/** Without /proc: macOS and the BSDs. Options that procps understands as well, so that this can be tested on Linux. */
export function identifyByPs(pid: number): ProcessIdentity | undefined {
  // It exits with 1 when there is no such process.
  return parsePs(ps(['-o', 'pid=,stat=,lstart=', '-p', String(pid)], 1))[0]?.identity;
}

/** As `findTagged`, by `ps`. It shows the environment after the command: a value with a space is cut short there. */
export function findByPs(run?: string): TaggedProcess[] {
  return parsePs(ps(['xeww', '-o', 'pid=,stat=,lstart=,command='])).flatMap(({ identity, rest }) =>
    tagged(identity, rest.split(' '), run),
  );
}

/** What `ps` says; nothing where it exits with `none`. Any other failure says nothing of what lives. */
function ps(args: readonly string[], none?: number): string {
  try {
    const env = { ...process.env, LC_ALL: 'C' };
    return execFileSync('ps', args, {
      encoding: 'utf8',
      env,
      maxBuffer: 2 ** 26,
      timeout: 10_000,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    if (none !== undefined && error instanceof Error && 'status' in error && error.status === none) return '';
    throw error;
  }
}

/** Reads lines of pid, state, start time (`Fri Nov 20 09:25:27 2026`) and the rest; zombies are left out. */
export function parsePs(output: string): { identity: ProcessIdentity; rest: string }[] {
  return output.split('\n').flatMap((line) => {
    const [, pid, state, start, rest] =
      /^\s*(\d+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)(.*)$/.exec(line) ?? [];
    if (pid === undefined || start === undefined || state?.startsWith('Z')) return [];
    return [{ identity: { pid: Number(pid), start }, rest: rest ?? '' }];
  });
}
