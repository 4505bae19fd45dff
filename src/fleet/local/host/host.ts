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
import type { HostRecord, LaunchAnswer, LocalInstanceRecord } from '../record.ts';
import { type HostSpec, readPlaceArguments } from '../spec.ts';
import { startWatchdog } from './watchdog-start.ts';

const place = readPlaceArguments(process.argv.slice(2));
const { run } = place;
const stopwatch = new Stopwatch(systemClock);
process.title = `cnd-local-host ${run}`;
// A last resort: whatever a client manages to provoke, the other instances and the dead-man's switch must live on.
process.on('uncaughtException', log).on('unhandledRejection', log);
process.on('SIGHUP', () => undefined);
process.stdout.on('error', () => undefined);

let ending = false;
/** Whether the run's directory goes too: only when there may be no controller left to look at it. */
let forget = false;
/** Once there may be instances. */
let launched: Hypervisor | undefined;

// The launcher still has its checks to make: what takes long is done meanwhile, and nothing exists yet.
const loading = import('./hypervisor.ts');
const guarded = guard();
for (const begun of [loading, guarded]) begun.catch(() => {}); // told as an answer
armDeadMan(place.lifetime, () => abandon("the time limit was reached (dead-man's switch)"), stopwatch);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => abandon(`the host got ${signal}`));
const launcher = new LineReader(process.stdin);
const order = await launcher.next();
if (order === undefined) forget = true; // the launcher vanished before it said what it wants
const spec: HostSpec = JSON.parse(order ?? (await end()));
process.env['PATH'] = spec.path;

try {
  const [{ Hypervisor }] = await Promise.all([loading, guarded]);
  const logins = new PendingLogins();
  const hypervisor = new Hypervisor(spec, logins, () => void end(() => control.drain(500)));
  launched = hypervisor;
  const token = randomBytes(32).toString('hex');
  const control = new ControlServer(token, logins, async (request) => {
    if (request.ask === 'terminate')
      return { instances: await hypervisor.powerOff(request.ids, 'terminated by request', 'user') };
    if (request.ask === 'describe') return { instances: hypervisor.describe() };
    const instances = await hypervisor.add(request.index);
    await writeRecord(spec.directory, { ...record, instances });
    return { instances };
  });
  await hypervisor.launch();
  const record = await publish(hypervisor.describe(), await control.listen(), token);
  answer({ record });
  if ((await launcher.next()) !== 'keep') abandon('the launcher exited during the launch');
} catch (error) {
  log(error);
  answer({ error: messageOf(error) });
  forget = true;
  await end();
}

/** Keeps a watchdog at the host's side; the first one is a condition of the launch. */
async function guard(): Promise<void> {
  const watchdog = await startWatchdog({ ...place, lifetime: place.lifetime - stopwatch.elapsed() });
  watchdog.once('exit', () => {
    if (!ending) setTimeout(() => void guard().catch(log), 1000);
  });
}

/** Tells every controller of this user where the host is. */
async function publish(instances: LocalInstanceRecord[], port: number, token: string): Promise<HostRecord> {
  const host = identify(process.pid);
  if (!host) throw new Error('cannot identify the host process');
  const { expiresAt, hostKey } = spec;
  const record: HostRecord = { run, host, port, token, expiresAt, hostKey: hostKey.publicKey, instances };
  await writeRecord(spec.directory, record);
  return record;
}

function answer(text: LaunchAnswer): void {
  process.stdout.write(`${JSON.stringify(text)}\n`);
}

/** Powers everything off with nobody asking for it, again and again until that ends this process. */
function abandon(reason: string): void {
  forget = true;
  if (!launched) return void end();
  void launched.powerOff(undefined, reason, 'service').finally(() => setTimeout(abandon, 1000, reason));
}

/** Ends the process, and thereby its watchdog. */
async function end(last?: () => Promise<void>): Promise<never> {
  if (ending) return new Promise(() => {}); // by whoever was first
  ending = true;
  await last?.();
  if (forget) await removeDirectory(place.directory).catch(log);
  process.exit(0);
}

/** Stderr is the run's host.log. */
function log(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}
