import { workDirectory } from '../../session/upload.ts';
import { quote } from '../../text.ts';

// Everything a run says to a shell on an instance, as pure functions: compared as strings in tests, without a host.

/** Tells which kernel an instance can use. */
export const queryPlatform = 'uname -sm';

/**
 * Attaches to the agent, and starts it when none lives there. It leaves its pid, so that one that no longer listens can be
 * killed. -S -E: no site packages and no Python variables, which also makes it start sooner.
 */
export function attachAgent(run: string, worker: number): string {
  return `cd ${quote(workDirectory(run, worker))} && umask 077 && exec python3 -S -E attach.py`;
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
