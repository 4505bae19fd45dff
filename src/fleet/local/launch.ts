import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CndError, messageOf } from '../../error.ts';
import { createFile, makeDirectory, readTextFile } from '../../file.ts';
import { programPath } from '../../package.ts';
import { withDeadline } from '../../wait.ts';
import { removeDirectory } from './directory.ts';
import { LineReader } from './line-reader.ts';
import { launchAnswer } from './record.ts';
import type { HostRecord } from './record.ts';
import { type HostPlace, type HostSpec, placeArguments } from './spec.ts';
import { sweep } from './sweep.ts';

/** The built host. */
const script = programPath('local-host');

/** What the host says that is for nobody else: its stderr. */
const logName = 'host.log';

/** How long a host may take to bring everything up, in milliseconds: it takes 0.2 s on an idle machine. */
const timeout = 20_000;

type RunDirectory = Pick<HostPlace, 'run' | 'directory'>;

/**
 * Starts a host, which has no instances until it is told to launch some, and its watchdog: that takes longer than all the rest of a
 * launch. Should this process end before, the host sees its stdin end, and ends too; should it be stopped, it ends when its time is over.
 * @throws CndError
 */
export async function startHost(place: HostPlace, env: Record<string, string>): Promise<ChildProcess> {
  await claim(place);
  try {
    return await start(place, env);
  } catch (error) {
    await removeDirectory(place.directory);
    throw explain(error, place, '');
  }
}

/** Ends a host that was started and not told to launch anything, and whatever it has started. Never rejects. */
export async function endHost(starting: Promise<ChildProcess>, place: RunDirectory): Promise<void> {
  const host = await starting.catch(() => undefined);
  if (host) await removeHost(host, place).catch(() => {}); // what is left ends with this process
}

/**
 * Has a host that was started launch its instances, and resolves when they exist; when it fails or is aborted, nothing is left of
 * it. Should this process be killed in the middle, the host sees its stdin end without the word that keeps it, and ends too.
 */
export async function launchHost(
  starting: Promise<ChildProcess>,
  spec: HostSpec,
  signal: AbortSignal,
): Promise<HostRecord> {
  const host = await starting;
  try {
    const record = await handOver(host, spec, signal);
    host.unref();
    return record;
  } catch (error) {
    const log = await readTextFile(join(spec.directory, logName)).catch(() => '');
    await removeHost(host, spec);
    throw signal.aborted ? signal.reason : explain(error, spec, log);
  }
}

async function removeHost(host: ChildProcess, { run, directory }: RunDirectory): Promise<void> {
  host.kill('SIGKILL');
  await sweep(run);
  await removeDirectory(directory);
}

/** Makes the run's directory, which must be new: another launch of the same run is not to be cleaned up by this one. */
async function claim({ run, directory }: RunDirectory): Promise<void> {
  try {
    await makeDirectory(dirname(directory), 0o700);
    await mkdir(directory, { mode: 0o700 });
  } catch (cause) {
    await rmdir(dirname(directory)).catch(() => undefined); // if it is empty
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw new CndError('local-directory', `cannot make the directory of run ${run}: ${String(cause)}`, {
      about: directory,
      hint: exists
        ? `end the existing run with: cnd scram --run ${run}`
        : 'check its permissions and the space left, or point XDG_STATE_HOME elsewhere',
      cause,
    });
  }
}

async function start(place: HostPlace, env: Record<string, string>): Promise<ChildProcess> {
  const log = await createFile(join(place.directory, logName));
  try {
    const host = spawn(process.execPath, [script, ...placeArguments(place)], {
      cwd: '/',
      env,
      detached: true, // not in our session: Ctrl-C and a closed terminal do not reach it
      stdio: ['pipe', 'pipe', log.fd],
    });
    // Errors are seen as an answer that does not come.
    host.on('error', () => undefined);
    host.stdin?.on('error', () => undefined);
    return host;
  } finally {
    await log.close();
  }
}

async function handOver(host: ChildProcess, spec: HostSpec, signal: AbortSignal): Promise<HostRecord> {
  signal.throwIfAborted();
  const { stdin, stdout } = host;
  if (!stdin || !stdout) throw new Error('the host has no stdin or stdout');
  stdin.write(`${JSON.stringify(spec)}\n`);
  const reader = new LineReader(stdout);
  const line = await withDeadline(timeout, signal, async (signal) => reader.next(signal));
  signal.throwIfAborted();
  if (line === undefined) throw new Error('it ended without an answer');
  const answer = launchAnswer.parse(JSON.parse(line));
  if ('error' in answer) throw new Error(answer.error);
  stdin.end('keep\n');
  stdout.destroy();
  return answer.record;
}

function explain(cause: unknown, { run, directory }: RunDirectory, log: string): CndError {
  const reason = messageOf(cause);
  return new CndError('local-launch-failed', `the local host of run ${run} did not start: ${reason}`, {
    about: directory,
    ...(log.trim() === '' ? {} : { hint: `its log says: ${log.trim().slice(-1000)}` }),
    cause,
  });
}
