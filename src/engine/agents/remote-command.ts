import { shell } from '../../session/shell.ts';
import { type Bundle } from '../../session/bundle.ts';
import { workDirectory } from '../../session/work-directory.ts';
import { quote } from '../../text.ts';

// Everything a run says to a shell on an instance, as pure functions: compared as strings in tests, without a host.

/** What comes before a worker is put on an instance, in this order; each is a whole command. */
export interface BootChecks {
  /** Exits with 0 where a dead-man's switch is armed. */
  readonly armedSwitch?: string | undefined;
  /** Arms a guard, and says `armed`. */
  readonly guard?: string | undefined;
}

/**
 * Puts a worker on an instance and attaches to its agent, in one command (docs/agent.md): says `switch` and the exit code of that
 * check, `armed`, and what the loader (remote/loader.py) and the agent say. Where a check fails nothing is put.
 * -I -S: no site packages, no Python variables, and no modules that happen to be in the login's home. The script that it becomes is
 * its argument, for people who look at processes.
 * @param seconds Until nothing of the run may be left: the bound of what it becomes.
 */
export function bootWorker(
  run: string,
  worker: number,
  seconds: number,
  loader: string,
  { armedSwitch, guard }: BootChecks,
): string {
  const script = `${workDirectory(run, worker)}/attach.py`;
  return [
    ...(armedSwitch === undefined
      ? []
      : [`(${armedSwitch}) </dev/null >/dev/null 2>&1; c=$?; echo switch $c; [ $c = 0 ] || exit 1`]),
    ...(guard === undefined ? [] : [`(${guard}) </dev/null || exit`]),
    shell`umask 077; exec python3 -I -S -c ${loader} ${script} ${whole(seconds)}`,
  ].join('; ');
}

/** What a bundle begins with on the stdin of the loader: its length in ten digits, and its digest. */
export function bundleHeader({ data, digest }: Bundle): string {
  return `${String(data.length).padStart(10, '0')}${digest}`;
}

/**
 * Attaches to the agent, and starts it when none lives there. It leaves its pid, so that one that no longer listens can be
 * killed. -S -E: no site packages and no Python variables, which also makes it start sooner.
 * @param seconds Until nothing of the run may be left: its own bound.
 */
export function attachAgent(run: string, worker: number, seconds: number): string {
  const directory = workDirectory(run, worker);
  return shell`cd ${directory} && umask 077 && exec python3 -S -E attach.py ${whole(seconds)}`;
}

/** Seconds as an alarm takes them: 0 would be none. */
function whole(seconds: number): number {
  return Math.max(1, Math.ceil(seconds));
}

/** Kills an agent that no longer listens; its kernels die with it. Succeeds when there is none. */
export function killAgent(run: string, worker: number): string {
  return `cd ${quote(workDirectory(run, worker))} 2>/dev/null && kill -KILL "$(cat agent.pid 2>/dev/null)" 2>/dev/null; true`;
}

/**
 * Writes the hits that earlier agents of this run noted on this instance, one a line: a lost connection may have
 * swallowed them. Only those, for the rest is a line a second, and a whole fleet may come back at once. Agents write
 * their lines thus (remote/output.py): `event` first, no spaces. -a: what a crash has torn may not look like text.
 */
export function readSpooledHits(run: string, worker: number): string {
  return `grep -a '^{"event":"hit",' ${quote(`${workDirectory(run, worker)}/spool.ndjson`)} 2>/dev/null; true`;
}
