/**
 * The machine room of one run of the local fleet: a process of its own session that holds the instances' SSH servers,
 * starts their commands, and powers them off when it is told to, when its launcher vanishes before the launch is done,
 * and when their time is over. Its spec comes on stdin, never in argv, for that holds the run's host key.
 */
import { randomBytes } from 'node:crypto';
import { Stopwatch, systemClock } from '../../../clock.ts';
import { messageOf } from '../../../error.ts';
import { identify } from '../../../state/process.ts';
import { ControlServer } from './control-server.ts';
import { armDeadMan } from './dead-man.ts';
import { removeDirectory, writeRecord } from '../directory.ts';
import type { Hypervisor } from './hypervisor.ts';
import { LineReader } from '../line-reader.ts';
import { PendingLogins } from './pending-login.ts';
import type { HostRecord, LaunchAnswer } from '../record.ts';
import type { HostSpec } from '../spec.ts';
import { type StartedWatchdog, armWatchdog, startWatchdog } from './watchdog-start.ts';

const [, , run = ''] = process.argv;
process.title = `cnd-local-host ${run}`;
// A last resort: whatever a client manages to provoke, the other instances and the dead-man's switch must live on.
process.on('uncaughtException', log).on('unhandledRejection', log);
process.on('SIGHUP', () => undefined);
process.stdout.on('error', () => undefined);

// The launcher still has its checks to make: what takes long is done meanwhile, and nothing exists yet.
const loading = import('./hypervisor.ts');
loading.catch(() => {}); // told as an answer
const first = startWatchdog(run);
const launcher = new LineReader(process.stdin);
const line = await launcher.next();
if (line === undefined) process.exit(1); // the launcher vanished before it said what it wants
const spec: HostSpec = JSON.parse(line);
process.env['PATH'] = spec.path;
const stopwatch = new Stopwatch(systemClock);
let ending = false;
/** Whether the run's directory goes too: only when there may be no controller left to look at it. */
let forget = false;

try {
  const [{ Hypervisor }] = await Promise.all([loading, guard(first)]);
  const logins = new PendingLogins();
  const hypervisor = new Hypervisor(spec, logins, () => void end(() => control.drain(500)));
  const token = randomBytes(32).toString('hex');
  const control = new ControlServer(token, logins, async (request) => {
    if (request.ask === 'terminate')
      return { instances: await hypervisor.powerOff(request.ids, 'terminated by request', 'user') };
    if (request.ask === 'describe') return { instances: hypervisor.describe() };
    const instances = await hypervisor.add(request.index);
    await writeRecord(spec.directory, { ...record, instances });
    return { instances };
  });
  armDeadMan(
    spec.lifetime,
    () => abandon(hypervisor, "the time limit was reached (dead-man's switch)"),
    stopwatch,
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => abandon(hypervisor, `the host got ${signal}`));
  }
  await hypervisor.launch();
  const record = await publish(hypervisor, await control.listen(), token);
  answer({ record });
  if ((await launcher.next()) !== 'keep') abandon(hypervisor, 'the launcher exited during the launch');
} catch (error) {
  log(error);
  answer({ error: messageOf(error) });
  forget = true;
  await end(() => Promise.resolve());
}

/** Keeps a watchdog at the host's side; the first one is a condition of the launch. */
async function guard(watchdog: StartedWatchdog): Promise<void> {
  const { directory, lifetime } = spec;
  await armWatchdog(watchdog, { run, directory, lifetime: lifetime - stopwatch.elapsed() });
  watchdog.process.once('exit', () => {
    if (!ending) setTimeout(() => void guard(startWatchdog(run)).catch(log), 1000);
  });
}

/** Tells every controller of this user where the host is. */
async function publish(hypervisor: Hypervisor, port: number, token: string): Promise<HostRecord> {
  const host = identify(process.pid);
  if (!host) throw new Error('cannot identify the host process');
  const { expiresAt, hostKey } = spec;
  const instances = hypervisor.describe();
  const record: HostRecord = { run, host, port, token, expiresAt, hostKey: hostKey.publicKey, instances };
  await writeRecord(spec.directory, record);
  return record;
}

function answer(text: LaunchAnswer): void {
  process.stdout.write(`${JSON.stringify(text)}\n`);
}

/** Powers everything off with nobody asking for it, again and again until that ends this process. */
function abandon(hypervisor: Hypervisor, reason: string): void {
  forget = true;
  void hypervisor
    .powerOff(undefined, reason, 'service')
    .finally(() => setTimeout(abandon, 1000, hypervisor, reason));
}

/** Ends the process, and thereby its watchdog. */
async function end(last: () => Promise<void>): Promise<void> {
  if (ending) return;
  ending = true;
  await last();
  if (forget) await removeDirectory(spec.directory).catch(log);
  process.exit(0);
}

/** Stderr is the run's host.log. */
function log(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}
