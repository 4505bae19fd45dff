import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, statSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lines } from '../../src/session/lines.ts';
import type { Session } from '../../src/session/session.ts';
import { bootedWorker } from '../helper/booted-worker.ts';
import { eventually } from '../helper/process.ts';
import { type ProcessIdentity, isAlive, identify } from '../../src/state/process.ts';

/** A session under test; its commands run on this machine and see its /tmp, so that the suite can see whether they are dead. */
export interface SessionHarness {
  readonly session: Session;
  /** False where the server ignores signals: OpenSSH does in sessions of root. */
  readonly canSignal?: boolean;
  /** The process of this machine that a command over there tells its pid of; by default it has the same one here. */
  find?(pid: number): ProcessIdentity | undefined;
  /** Breaks the way there, as a network or a machine does that goes away. */
  lose(): void;
  close(): Promise<void>;
}

const withCode = (code: string) => expect.objectContaining({ code });

/** What every session promises (src/session/session.ts). */
export function describeSession(name: string, open: () => Promise<SessionHarness>): void {
  describe(`session ${name}`, () => {
    let harness: SessionHarness;
    let session: Session;
    let directory: string;

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'cnd-session-'));
      harness = await open();
      session = harness.session;
    });
    afterEach(async () => {
      await session.close();
      await harness.close();
      rmSync(directory, { recursive: true, force: true });
    });

    const find = (pid: string): ProcessIdentity | undefined =>
      harness.find ? harness.find(Number(pid)) : identify(Number(pid));

    /** A command that tells its pid and then runs until it is killed, and the process it is. */
    async function running() {
      const channel = await session.stream('echo $$; exec sleep 1000');
      const [said] = (await once(channel.stdout, 'data')) as [Buffer];
      channel.stdout.resume();
      channel.stderr.resume();
      const process = find(said.toString());
      if (!process) throw new Error('no process');
      return { channel, process };
    }

    test('runs a command to its end, with its input, its outputs and its exit code', async () => {
      const result = await session.exec('cat; echo err >&2; exit 3', { stdin: 'in' });
      expect(result).toEqual({ code: 3, signal: null, stdout: Buffer.from('in'), stderr: 'err\n' });
    });

    test('takes 5 MB each way', async () => {
      const stdin = Buffer.alloc(5_000_000, 'x');
      expect((await session.exec('cat', { stdin, maxOutput: stdin.length })).stdout.equals(stdin)).toBe(true);
    });

    test('refuses more output than it may take', async () => {
      await expect(session.exec('exec yes', { maxOutput: 1000 })).rejects.toThrow(withCode('session-output'));
    });

    test('kills a command that is late, or stopped', async ({ skip }) => {
      skip(harness.canSignal === false, 'the server ignores signals');
      const pidFile = join(directory, 'pid');
      const command = `echo $$ >${pidFile}; exec sleep 1000`;
      await expect(session.exec(command, { timeout: 300 })).rejects.toThrow(withCode('session-timeout'));
      const late = find(readFileSync(pidFile, 'utf8'));
      if (late) await expect.poll(() => isAlive(late)).toBe(false);
      rmSync(pidFile);
      const stop = new AbortController();
      const stopped = session.exec(command, { signal: stop.signal });
      stopped.catch(() => {});
      await expect.poll(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '').toBe(true);
      const process = find(readFileSync(pidFile, 'utf8'));
      stop.abort();
      await expect(stopped).rejects.toThrow(withCode('session-aborted'));
      if (process) await expect.poll(() => isAlive(process)).toBe(false);
    });

    test('begins nothing that is stopped before', async () => {
      const signal = AbortSignal.abort();
      await expect(session.exec('true', { signal })).rejects.toThrow(withCode('session-aborted'));
      await expect(session.stream('true', { signal })).rejects.toThrow(withCode('session-aborted'));
    });

    test('holds a conversation', async () => {
      const channel = await session.stream('while read -r line; do echo "<$line>"; done; exit 9');
      const heard = lines(channel.stdout);
      for (const word of ['one', 'two']) {
        channel.stdin.write(`${word}\n`);
        expect((await heard.next()).value).toBe(`<${word}>`);
      }
      channel.stdin.end();
      expect((await heard.next()).done).toBe(true);
      expect(await channel.exit).toEqual({ code: 9, signal: null });
    });

    test('kills what it started, and says so', async ({ skip }) => {
      skip(harness.canSignal === false, 'the server ignores signals');
      const { channel, process } = await running();
      channel.kill('KILL');
      expect(await channel.exit).toMatchObject({ code: null, signal: 'SIGKILL' });
      await eventually('its end', () => !isAlive(process));
    });

    test('a write to a process that is gone falls on the floor', async () => {
      const channel = await session.stream('exit 0');
      channel.stdout.resume();
      channel.stderr.resume();
      await channel.exit;
      channel.stdin.write('x');
      expect((await session.exec('echo on')).stdout.toString()).toBe('on\n');
    });

    test('saves the output of a command to a file, whole or not at all, for this user alone', async () => {
      const path = join(directory, 'saved');
      expect(await session.save('head -c 300000 /dev/zero', path)).toEqual({
        bytes: 300_000,
        truncated: false,
      });
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path).length).toBe(300_000);
      await expect(
        session.save('echo half; echo why >&2; exit 2', join(directory, 'failed')),
      ).rejects.toThrow(/why/);
      expect(readdirSync(directory)).toEqual(['saved']);
    });

    test('keeps so much of an output that is longer, and kills the command', async () => {
      const path = join(directory, 'saved');
      const saved = await session.save(`echo $$ >${directory}/pid; exec cat /dev/zero`, path, {
        maxOutput: 100_001,
      });
      expect(saved).toEqual({ bytes: 100_001, truncated: true });
      expect(readFileSync(path).length).toBe(100_001);
      const pid = readFileSync(join(directory, 'pid'), 'utf8');
      await expect.poll(() => find(pid)).toBeUndefined();
      const whole = await session.save('printf 12345', path, { maxOutput: 5 });
      expect(whole).toEqual({ bytes: 5, truncated: false });
    });

    test('boots a worker: its platform is heard, then the bundle is sent, and one process goes on from there', async () => {
      const content = randomBytes(300_000);
      const target = join(directory, 'work/er');
      const { said, exit } = await bootedWorker(session, target, [{ name: 'big', mode: 0o600, content }]);
      expect(said).toMatch(/^platform Linux \S+\nunpacked\nattached in \S+work\/er\nhello\n$/);
      expect(readFileSync(join(target, 'big')).equals(content)).toBe(true);
      expect(exit).toEqual({ code: 0, signal: null });
    });

    test('tells that it was lost, and everything on it ends', async () => {
      const { channel, process } = await running();
      const waiting = session.exec('sleep 1000');
      waiting.catch(() => {});
      harness.lose();
      expect(await session.closed).toMatchObject({ code: 'session-lost' });
      expect(await channel.exit).toBe('lost');
      await expect(waiting).rejects.toThrow(withCode('session-lost'));
      await expect(session.exec('true')).rejects.toThrow(withCode('session-lost'));
      if (isAlive(process)) globalThis.process.kill(process.pid, 'SIGKILL');
    });

    test('is closed without a reason, again and again', async () => {
      await session.close();
      await session.close();
      expect(await session.closed).toBeUndefined();
      await expect(session.exec('true')).rejects.toThrow(withCode('session-lost'));
    });
  });
}
