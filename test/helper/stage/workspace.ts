import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Cnd, type Ended, workspace } from '../cnd.ts';
import type { Call } from './aws/call.ts';
import type { Fault } from './aws/fault.ts';
import type { StageInstance } from './ec2/instance.ts';
import type { MachineFault } from './machine/machine-fault.ts';
import { repository } from './repository.ts';
import { isolated } from './isolated.ts';
import type { Stage } from './stage.ts';

/** A directory of a user who has EC2 as the default fleet, on a stage; and what of the stage is that user's. */
export interface StagePlace {
  readonly directory: string;
  /** `$XDG_STATE_HOME` there. */
  readonly state: string;
  /** What is set there to reach the stage. */
  readonly env: Readonly<Record<string, string>>;
  /** Who works there. */
  readonly name: string;
  /** Only for what launches; see `run`. */
  readonly start: (args: string, env?: NodeJS.ProcessEnv) => Cnd;
  /**
   * `scram` and `ps` are run where they see no process of anybody else: of local runs they find none. The signal kills
   * one of these.
   */
  readonly run: (args: string, env?: NodeJS.ProcessEnv, signal?: AbortSignal) => Promise<Ended>;
  /** Another directory of the same user, which knows nothing of this one. */
  readonly elsewhere: (options?: PlaceOptions) => StagePlace;
  /** The user's calls, and those of the user's instances. */
  readonly calls: (service?: string, action?: string) => Call[];
  /** Breaks calls of the user and of the user's instances; returns the function that mends them. */
  readonly fault: (fault: Fault) => () => void;
  /** Something befalls the user's instances, numbered in the order of their launch. */
  readonly injectFault: (...machineFaults: MachineFault[]) => void;
  /** Lets kernels that are held go on. */
  readonly release: () => void;
  /** The user's instances in the order of their launch. */
  readonly instances: (state?: StageInstance['state']) => StageInstance[];
  /** No byte passes to the user's instances any more, and none from them. */
  readonly stall: () => void;
  /** What was held arrives after all. */
  readonly resume: () => void;
  readonly orphans: () => Promise<string[]>;
  /** Waits until nothing of the user is left. */
  readonly untilClean: (seconds?: number) => Promise<void>;
  /** Ends what is still running there, and removes everything. */
  readonly remove: () => void;
}

/** What a test puts into cnd.config.json besides. */
export interface PlaceOptions {
  readonly ec2?: Readonly<Record<string, unknown>>;
  readonly logs?: Readonly<Record<string, unknown>>;
  /** Who works there. */
  readonly name?: string;
  /**
   * Kernels search one range each, a few thousand nonces, and then wait for `release`: what happens meanwhile happens in
   * mid-search on a machine of any speed, and no processor is kept busy.
   */
  readonly held?: boolean;
}

const bin = join(repository, 'bin/cnd.js');

/** What looks for runs on the whole machine. */
const farReaching = new Set(['scram', 'ps']);

/** Makes a fresh place; arguments are words with blanks between them. */
export function stagePlace(stage: Stage, options: PlaceOptions = {}): StagePlace {
  const { ec2 = {}, logs = {}, name = 'alice', held = false } = options;
  if (held) stage.hypervisor.hold(name);
  const place = workspace();
  const { directory, state } = place;
  const { config } = stage;
  const content = { ...config, ec2: { ...config.ec2, ...ec2 }, logs };
  writeFileSync(join(directory, 'cnd.config.json'), JSON.stringify(content));
  const own = { ...stage.env(name), XDG_CACHE_HOME: join(directory, 'cache'), NO_COLOR: '1' };
  const running = new Set<Cnd>();
  const checked = (ended: Ended): Ended => {
    stage.checkRequests(name);
    return ended;
  };
  const others: StagePlace[] = [];
  const start: StagePlace['start'] = (args, env = {}) => {
    const words = args.split(' ');
    if (words.some((word) => farReaching.has(word))) throw new Error(`cnd ${args} must run isolated`);
    const cnd = place.start(words, { ...own, ...env });
    running.add(cnd);
    const ended = cnd.ended.finally(() => running.delete(cnd)).then(checked);
    // Who does not wait for the end hears of it when the place is removed.
    ended.catch(() => {});
    return { ...cnd, ended };
  };
  const run: StagePlace['run'] = async (args, env = {}, signal) => {
    const words = args.split(' ');
    if (!words.some((word) => farReaching.has(word))) return start(args, env).ended;
    const all = { ...process.env, XDG_STATE_HOME: state, ...own, ...env };
    return checked(await isolated([process.execPath, bin, ...words], directory, all, signal));
  };
  const isOwn = (call: Call): boolean => stage.isOf(name, call);
  const instances: StagePlace['instances'] = (state) =>
    stage.instances(state).filter(({ call }) => call.principal === name);
  const addresses = (): string[] =>
    instances().flatMap(({ publicIp, ipv6 }) => [publicIp ?? [], ipv6 ?? []].flat());
  return {
    directory,
    state,
    env: own,
    name,
    start,
    run,
    elsewhere: (more = {}) => {
      const other = stagePlace(stage, { ...options, held: false, name, ...more });
      others.push(other);
      return other;
    },
    calls: (service, action) => stage.calls(service, action).filter(isOwn),
    fault: ({ match = () => true, ...fault }) =>
      stage.faults.add({ ...fault, match: (call) => isOwn(call) && match(call) }),
    injectFault: (...machineFaults) =>
      stage.hypervisor.machineFaults.push(...machineFaults.map((one) => ({ ...one, of: name }))),
    release: () => stage.hypervisor.release(name),
    instances,
    stall: () => {
      for (const address of addresses()) stage.jump.stall(address);
    },
    resume: () => {
      for (const address of addresses()) stage.jump.resume(address);
    },
    orphans: async () => stage.orphans(name),
    untilClean: async (seconds) => stage.untilClean(seconds, name),
    remove: () => {
      for (const { child } of running) child.kill('SIGKILL');
      for (const other of others.splice(0)) other.remove();
      place.remove();
    },
  };
}
