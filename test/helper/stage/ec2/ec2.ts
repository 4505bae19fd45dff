import { EventEmitter } from 'node:events';

import { type Answer, awsError } from '../aws/answer.ts';
import type { Lag } from '../aws/lag.ts';
import { Newness } from '../aws/newness.ts';
import { type Call, parameter } from '../aws/call.ts';
import { type XmlNode, find, itemsAt, parseXml, textAt } from '../aws/xml.ts';
import { exists, isLive, type Reason, type StageInstance, type State } from './instance.ts';

/** The numbers of the stage's EC2; all times in milliseconds. */
export interface Ec2Options {
  /** The regions there are. */
  readonly regions: readonly string[];
  /** From RunInstances until running. */
  readonly pending: number;
  /** From TerminateInstances until terminated. */
  readonly shuttingDown: number;
  /** For which a terminated instance is still described; an hour at EC2. */
  readonly remembered: number;
  /** Quota L-1216C47A (standard on-demand vCPUs) of each region. */
  readonly vcpus: number;
  /** Those whose subnets have IPv6 addresses as well. */
  readonly dualStack: readonly string[];
  /** Names of the instance profiles there are. */
  readonly profiles: readonly string[];
}

/** Capacity of a zone for a type; what is not stated is any. */
export interface Capacity {
  /** For whom it is; without it for everybody. */
  readonly of?: string;
  readonly zone?: string;
  readonly type?: string;
  readonly most: number;
}

interface Ec2Events {
  launched: [StageInstance];
  running: [StageInstance];
  /** Shutting down: the machine loses its power now. */
  ending: [StageInstance];
  terminated: [StageInstance];
}

/** Sends parameters to moto in the name of a call. */
export type Forward = (parameters?: Readonly<Record<string, string>>) => Promise<Answer>;

/** What the stage's EC2 knows beyond moto: the true state of instances, capacity, client tokens. */
export class Ec2 extends EventEmitter<Ec2Events> {
  readonly options: Ec2Options;
  readonly instances = new Map<string, StageInstance>();
  capacity: Capacity[] = [];
  /** Regions where the quota of vCPUs is another than in the options. */
  readonly quotas = new Map<string, number>();
  /** By region and token: the parameters of the first call, and its answer once it had success. */
  readonly tokens = new Map<string, { parameters: string; answer: Promise<Answer> }>();
  /** What GetConsoleOutput shows. */
  consoleOf: (instance: StageInstance) => string = () => '';
  /** Milliseconds for which this one is pending, if not as long as the others. */
  pendingOf: (instance: StageInstance) => number | undefined = () => undefined;
  /** Milliseconds for which this one is shutting down, if not as long as the others. */
  shuttingDownOf: (instance: StageInstance) => number | undefined = () => undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #types = new Map<string, Promise<TypeInfo | undefined>>();

  /** How long a change is not seen. */
  readonly lag: Lag;
  /** Security groups, as moto describes them. */
  readonly groups: Newness<XmlNode>;
  /** The tags of what was created with them, by its id: they may be seen later than what carries them. */
  readonly tags: Newness<never>;

  constructor(options: Ec2Options, lag: Lag) {
    super();
    this.options = options;
    this.lag = lag;
    this.groups = new Newness('group', lag);
    this.tags = new Newness('tags', lag);
  }

  /** Instances of a region that Describe knows by now, and still. */
  visible(region: string): StageInstance[] {
    return [...this.instances.values()].filter((one) => one.region === region && this.isVisible(one));
  }

  isVisible({ visibleFrom, terminatedAt = Infinity }: StageInstance): boolean {
    return Date.now() >= visibleFrom && Date.now() < terminatedAt + this.options.remembered;
  }

  add(instance: StageInstance): void {
    this.instances.set(instance.id, instance);
    this.tags.created(instance.id);
    this.emit('launched', instance);
    this.#later(this.pendingOf(instance) ?? this.options.pending, () => {
      if (instance.state !== 'pending') return;
      this.#become(instance, 'running');
      this.emit('running', instance);
    });
  }

  /** Begins to terminate an instance, by whatever cause; idempotent. */
  end(instance: StageInstance, reason: Reason): void {
    if (!isLive(instance) && instance.state !== 'stopped') return;
    this.#become(instance, 'shutting-down', reason);
    this.emit('ending', instance);
    this.#later(this.shuttingDownOf(instance) ?? this.options.shuttingDown, () => {
      this.#become(instance, 'terminated', instance.reason);
      instance.terminatedAt = Date.now();
      this.emit('terminated', instance);
    });
  }

  /** Stops an instance without terminating it: its disk would cost money for ever. */
  halt(instance: StageInstance, reason: Reason): void {
    if (!isLive(instance)) return;
    this.#become(instance, 'stopped', reason);
    this.emit('ending', instance);
  }

  /** What a description says of an instance: it may be behind the truth. */
  seen({ state, reason, past }: StageInstance): {
    readonly state: State;
    readonly reason: Reason | undefined;
  } {
    return past.find(({ until }) => Date.now() < until) ?? { state, reason };
  }

  /** The quota of vCPUs of a region. */
  quota(region: string): number {
    return this.quotas.get(region) ?? this.options.vcpus;
  }

  /** Instances that somebody could still launch in a zone. */
  room(zone: string, type: string, principal: string): number {
    const limits = this.capacity
      .filter((rule) => (rule.zone ?? zone) === zone && (rule.type ?? type) === type)
      .filter(({ of }) => (of ?? principal) === principal)
      .map((rule) => {
        const used = [...this.instances.values()].filter(
          (one) =>
            exists(one) &&
            (rule.zone ?? one.zone) === one.zone &&
            (rule.type ?? one.type) === one.type &&
            (rule.of ?? one.call.principal) === one.call.principal,
        );
        return rule.most - used.length;
      });
    return Math.max(0, Math.min(...limits, Infinity));
  }

  /** What moto knows of a type; kept, as it does not change. */
  async typeInfo(type: string, forward: Forward): Promise<TypeInfo | undefined> {
    const known = this.#types.get(type) ?? lookUpType(type, forward);
    this.#types.set(type, known);
    return known;
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.instances.clear();
    this.tokens.clear();
    this.groups.clear();
    this.tags.clear();
    this.capacity = [];
    this.shuttingDownOf = () => undefined;
    this.quotas.clear();
  }

  #become(instance: StageInstance, state: State, reason?: Reason): void {
    const until = Date.now() + this.lag.of('instance', instance.number, state);
    instance.past.push({ state: instance.state, reason: instance.reason, until });
    instance.state = state;
    if (reason) instance.reason = reason;
  }

  #later(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
  }
}

export interface TypeInfo {
  readonly vcpus: number;
  readonly architectures: readonly string[];
}

async function lookUpType(type: string, forward: Forward): Promise<TypeInfo | undefined> {
  const answer = await forward({
    Action: 'DescribeInstanceTypes',
    Version: '2016-11-15',
    'InstanceType.1': type,
  });
  if (answer.status !== 200) return undefined;
  const [item] = itemsAt(parseXml(answer.body.toString()), 'instanceTypeSet');
  if (!item) return undefined;
  return {
    vcpus: Number(textAt(item, 'vCpuInfo/defaultVCpus')),
    architectures: itemsAt(item, 'processorInfo/supportedArchitectures').map(({ text }) => text),
  };
}

/** The XML of a good answer. */
export function xmlOf(answer: Answer): XmlNode {
  return parseXml(answer.body.toString());
}

/** The instances of an answer of RunInstances or DescribeInstances, whatever reservation they are in. */
export function instanceItems(root: XmlNode): XmlNode[] {
  if (find(root, 'instancesSet')) return itemsAt(root, 'instancesSet');
  return itemsAt(root, 'reservationSet').flatMap((reservation) => itemsAt(reservation, 'instancesSet'));
}

export function notFound(ids: readonly string[]): Answer {
  const words = ids.length === 1 ? `ID '${ids[0]}' does` : `IDs '${ids.join(', ')}' do`;
  return awsError('ec2', 'InvalidInstanceID.NotFound', `The instance ${words} not exist`);
}

/** The answer to a call that only asks whether it would be allowed. */
export function dryRun(call: Call): Answer | undefined {
  if (parameter(call, 'DryRun') !== 'true') return undefined;
  return awsError('ec2', 'DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
}
