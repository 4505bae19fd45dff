import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, type Ended } from './controller.ts';
import { hasNamespaces } from './namespace.ts';
import type { Place } from './place.ts';
import type { Action } from './scenario.ts';
import { targets } from './target.ts';

/** What faults are done to, and what they leave behind for the end. */
export interface Stage {
  readonly place: Place;
  readonly controller: Controller;
  readonly run: string | undefined;
  /** Other commands that were started: a scram, a ps. */
  readonly others: Controller[];
  readonly strangers: ChildProcess[];
  /** Those that took the run up after its controller, or tried to. */
  readonly resumed: Controller[];
  /** When that one was killed, in milliseconds since the epoch. */
  readonly killedAt: number[];
}

/**
 * Does one fault, and says whether it did anything: what it is about may be gone already. Resolves when it is done,
 * resumption included.
 */
export async function inflict(action: Action, stage: Stage): Promise<boolean> {
  const { place, controller, run } = stage;
  switch (action.do) {
    case 'signal':
      return signal(action, stage);
    case 'cut':
    case 'delay':
    case 'half-open':
    case 'reset':
      return disturb(action, place);
    case 'power-off':
      return powerOff(action.which, stage);
    case 'fill-disk':
      return fillDisk(action, place);
    case 'close-output':
      controller.closeOutput();
      return true;
    case 'stall-output':
      controller.stallOutput();
      return true;
    case 'scram':
      // Only this run: others may be under way on this machine.
      if (run !== undefined) stage.others.push(new Controller(place, ['scram', '--run', run]));
      return run !== undefined;
    case 'ps':
      stage.others.push(new Controller(place, ['ps', '--json']));
      return true;
    case 'remove-logs':
      return remove(place.logs);
    case 'fill-logs':
      return mount(place, ['-o', 'size=4k']);
    case 'read-only-logs':
      return mount(place, ['-o', 'ro']);
    case 'remove-state':
      return remove(join(place.state, 'cnd'));
    case 'remove-instance':
      return removeInstance(place, run);
    case 'plant-links':
      return plantLinks(place, run);
    case 'plant-process':
      return plantProcess(stage);
    case 'resume':
      return resume(action, stage);
    case 'dies':
      return true; // its fleet sees to it: place.ts
    case 'set-clock':
      place.setClock(action.by);
      return true;
    case 'part':
    case 'pod':
    case 'quota':
    case 'namespace':
    case 'drain':
      return place.pods?.inflict(action, run) ?? false;
    case 'api':
    case 'machine':
      return false; // only EC2 has these: cloud.ts
  }
}

async function signal(action: Action & { do: 'signal' }, { controller, run }: Stage): Promise<boolean> {
  const { target, signal: name, which, resume, twice } = action;
  const send = chooseReceiver(target, which, controller, run);
  const hit = send(name);
  if (twice) send(name);
  if (name !== 'SIGSTOP' || resume === undefined) return hit;
  await sleep(resume);
  send('SIGCONT');
  return hit;
}

/** Whoever drives the run is killed, and others take it up. One that has ended is left alone: that would be another run. */
async function resume(
  { after, count }: Extract<Action, { do: 'resume' }>,
  { place, controller, run, resumed, killedAt }: Stage,
): Promise<boolean> {
  const drivers = [controller, ...resumed];
  killedAt.push(Date.now());
  for (const driver of drivers) driver.signal('SIGKILL');
  const ends = await Promise.all(drivers.map(({ ended }) => ended));
  const isOver = !ends.some(isKilled) || run === undefined;
  if (isOver || place.journal(run).names.has('run.ended')) return false;
  await sleep(after);
  for (let left = count; left > 0; left -= 1) resumed.push(new Controller(place, ['resume', run, '--json']));
  return true;
}

/** Behind a terminal the signal is in the exit code. */
function isKilled({ code, signal }: Ended): boolean {
  return signal === 'SIGKILL' || code === 128 + 9;
}

function chooseReceiver(
  target: (Action & { do: 'signal' })['target'],
  which: number,
  controller: Controller,
  run: string | undefined,
): (signal: NodeJS.Signals) => boolean {
  if (target === 'controller') return (signal) => controller.signal(signal);
  const pids = run === undefined ? [] : targets(run, target);
  const pid = pids[which % Math.max(1, pids.length)];
  return (signal) => {
    try {
      return pid !== undefined && process.kill(pid, signal);
    } catch {
      return false; // it has ended
    }
  };
}

/** Delay of a slow network, in milliseconds, each way. */
const delay = 400;

async function disturb(
  { do: what, which, resume }: Extract<Action, { do: 'cut' | 'delay' | 'half-open' | 'reset' }>,
  { wires }: Place,
): Promise<boolean> {
  const chosen = which === undefined ? wires : wires.slice(which % wires.length).slice(0, 1);
  if (what === 'reset') return chosen.map((wire) => wire.reset()).includes(true);
  if (what === 'half-open') return chosen.map((wire) => wire.forget()).includes(true);
  for (const wire of chosen) {
    if (what === 'cut') wire.cut();
    else wire.delay(delay);
  }
  await sleep(resume);
  for (const wire of chosen) wire.mend();
  return chosen.length > 0;
}

/** Nothing is left of a machine without power, also not of what its disk held: it comes back as it was before. */
function powerOff(kept: number, { place, run }: Stage): boolean {
  if (run === undefined || place.wires.length < 2) return false;
  for (const [index, wire] of place.wires.entries()) {
    if (index === kept % place.wires.length) continue;
    wire.powerOff();
    place.forgetHost(run, index);
  }
  return true;
}

async function fillDisk({ resume }: Extract<Action, { do: 'fill-disk' }>, place: Place): Promise<boolean> {
  const done = place.fillDisk();
  if (!done || resume === undefined) return done;
  await sleep(resume);
  place.freeDisk();
  return done;
}

/** Another file system over the logs: a tiny one, or one that takes nothing. Only where this user may mount. */
function mount(place: Place, options: readonly string[]): boolean {
  if (!hasNamespaces() || !existsSync(place.logs)) return false;
  execFileSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', place.logs], { stdio: 'ignore' });
  place.mounts.push(place.logs);
  return true;
}

function removeInstance(place: Place, run: string | undefined): boolean {
  if (run === undefined) return false;
  let done = false;
  for (const path of [join(place.state, 'cnd', run, 'local'), join(place.directory, '.cnd', run)]) {
    const names = existsSync(path) ? readdirSync(path) : [];
    const name = names.find((it) => /^(l-|\d)/.test(it));
    if (name !== undefined) done = remove(join(path, name)) || done;
  }
  return done;
}

/** As `rm -rf` does it: what is being written at the same moment may stay. */
function remove(path: string): boolean {
  const existed = existsSync(path);
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Something new came into it, or it is a mount point.
  }
  return existed;
}

/** The names that anybody can guess: a run has them at its end, or from its launch on. */
const guessable = {
  logs: [
    'run.json',
    'events.ndjson',
    'report.html',
    'Instance0.log.gz',
    'Instance1.log.gz',
    'Instance3.log.gz',
  ],
  state: ['id_ed25519', 'local/host.json', 'hosts/hosts.json', 'hosts/0.armed', 'hosts/0.released'],
};

/**
 * Links to what nobody may touch, under names that this run is going to write: where there is nothing yet, and in the logs
 * directory, which others may be able to write, also in place of a record that is there.
 */
function plantLinks(place: Place, run: string | undefined): boolean {
  let done = false;
  const plant = (directory: string, name: string): void => {
    const path = join(directory, name);
    try {
      if (name === 'run.json' && existsSync(path)) rmSync(path);
      symlinkSync(join(place.victim, 'file'), path);
      done = true;
    } catch {
      // There is something of that name, or no such directory.
    }
  };
  if (run === undefined) return false;
  for (const name of guessable.logs) plant(join(place.logs, run), name);
  for (const name of guessable.state) plant(join(place.state, 'cnd', run), name);
  return done;
}

/** A process that claims to belong to a run elsewhere, which is not where the state is kept. */
function plantProcess({ place, strangers }: Stage): boolean {
  const env = {
    CND_RUN: '../../victim',
    CND_ROLE: 'local-host',
    CND_STATE: join(place.victim, '..'),
    CND_INSTANCES: '1',
  };
  const stranger = spawn('sleep', ['60'], { env: { ...process.env, ...env }, stdio: 'ignore' });
  strangers.push(stranger);
  writeFileSync(join(place.directory, 'strangers'), `${stranger.pid}\n`, { flag: 'a' });
  return true;
}
