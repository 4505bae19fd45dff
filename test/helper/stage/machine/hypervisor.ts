import { EventEmitter, once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';

import { type Principal, roleOf } from '../account/principal.ts';
import type { Ec2 } from '../ec2/ec2.ts';
import type { Reason, StageInstance } from '../ec2/instance.ts';
import { type ImdsCall, metadataServer } from './imds.ts';
import type { Route } from './jump.ts';
import { Machine, type MachineEvent, share } from './machine.ts';
import type { MachineFault } from './machine-fault.ts';
import { readUserData } from './user-data.ts';

export interface HypervisorOptions {
  readonly directory: string;
  /** Path of the socket that leads to the proxy, and the port that machines know it by. */
  readonly awsSocket: string;
  readonly awsPort: () => number;
  /** A Python with PyYAML. */
  readonly python: string;
  /** Seconds from power-on to sshd. */
  readonly bootSeconds: number;
  /** See `StageOptions`. */
  readonly shared?: string | undefined;
  /** False: instances exist in the API only. */
  readonly boots: boolean;
}

const internalError: Reason = {
  code: 'Server.InternalError',
  message: 'Server.InternalError: Internal error on launch',
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
const spotInterruption: Reason = {
  code: 'Server.SpotInstanceTermination',
  message: 'Server.SpotInstanceTermination: Spot instance termination',
};

interface Events {
  event: [StageInstance, MachineEvent];
}

/** Gives every instance of the stage's EC2 a machine, and takes it away. */
export class Hypervisor extends EventEmitter<Events> {
  readonly machines = new Map<string, Machine>();
  /** Everything that machines said of themselves. */
  readonly events: (MachineEvent & { readonly instance: string; readonly time: number })[] = [];
  readonly imdsCalls: ImdsCall[] = [];
  machineFaults: MachineFault[] = [];
  readonly #held = new Set<string>();
  readonly #ec2: Ec2;
  readonly #options: HypervisorOptions;
  readonly #principals: Map<string, Principal>;
  readonly #metadata = new Map<string, Server>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #round = 0;

  constructor(ec2: Ec2, principals: Map<string, Principal>, options: HypervisorOptions) {
    super();
    this.#ec2 = ec2;
    this.#principals = principals;
    this.#options = options;
    ec2.on('launched', (instance) => this.#powerOn(instance));
    ec2.on('ending', (instance) => void this.machines.get(instance.id)?.cut());
    ec2.consoleOf = ({ id }) => this.machines.get(id)?.console ?? '';
    ec2.pendingOf = (instance) => {
      const { pendingSeconds } = this.#machineFaultOf(instance) ?? {};
      return pendingSeconds === undefined ? undefined : pendingSeconds * 1000;
    };
  }

  /** Where an address leads: to the socket of the instance's port 22, as long as it is on. */
  doorOf(address: string): ReturnType<Route> {
    const instance = [...this.#ec2.instances.values()].findLast(({ publicIp, privateIp, ipv6 }) =>
      [publicIp, privateIp, ipv6].includes(address),
    );
    const machine = instance && this.machines.get(instance.id);
    const own = this.events.filter(({ instance: id }) => id === instance?.id);
    const heard = new Set(own.map(({ event }) => event));
    if (!machine || machine.isOff || heard.has('hung') || heard.has('halt')) return 'silent';
    return heard.has('booted') ? { socket: join(machine.directory, 'ssh.sock') } : 'refused';
  }

  /** A machine's hardware fails: its processes are gone, and EC2 terminates the instance some time later. */
  async fail(id: string, reason: Reason = internalError): Promise<void> {
    await this.machines.get(id)?.cut();
    const instance = this.#ec2.instances.get(id);
    if (instance) this.#ec2.end(instance, reason);
  }

  /** EC2 takes a spot instance back: its price has risen, or somebody pays more. */
  async reclaim(id: string): Promise<void> {
    await this.fail(id, spotInterruption);
  }

  /** `halt` inside of a machine: nothing runs there any more, and EC2 does not notice. */
  async halt(id: string): Promise<void> {
    const machine = this.machines.get(id);
    if (!machine) throw new Error(`no machine of ${id}`);
    const halted = new Promise<void>((resolve) => {
      const look = (event: MachineEvent): void => {
        if (event.event !== 'halt') return;
        machine.off('event', look);
        resolve();
      };
      machine.on('event', look);
    });
    machine.halt();
    await halted;
  }

  /** A machine dies, and EC2 does not notice: the instance is running, and costs money. */
  async freeze(id: string): Promise<void> {
    await this.machines.get(id)?.cut();
  }

  /** From now on the kernels on a user's new instances do one range each, and wait to be released. */
  hold(user: string): void {
    this.#held.add(user);
  }

  /** Lets the kernels on a user's instances go on, also on those that are launched from now on. */
  release(user: string): void {
    this.#held.delete(user);
    for (const [id, machine] of this.machines)
      if (this.#ec2.instances.get(id)?.call.principal === user) machine.release();
  }

  /** Every machine is off, and the next round has new ones. */
  async clear(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all([...this.machines.values()].map(async (machine) => machine.cut()));
    for (const server of this.#metadata.values()) {
      server.close();
      server.closeAllConnections();
    }
    const directories = [...this.machines.values()].map(({ directory }) => directory);
    await Promise.all(directories.map(async (path) => rm(path, { recursive: true, force: true })));
    this.machines.clear();
    this.#metadata.clear();
    this.events.length = 0;
    this.imdsCalls.length = 0;
    this.machineFaults = [];
    this.#held.clear();
    this.#round += 1;
  }

  #powerOn(instance: StageInstance): void {
    const machineFault = this.#machineFaultOf(instance);
    if (machineFault?.noAddress === true) delete instance.publicIp;
    if (!this.#options.boots) return;
    const round = this.#round;
    const boot = async (): Promise<void> => {
      const socket = await this.#serveMetadata(instance);
      if (round !== this.#round || instance.state === 'shutting-down' || instance.state === 'terminated')
        return;
      this.#boot(instance, socket, machineFault);
    };
    boot().catch((error: unknown) => {
      const failed = { event: 'failed', message: String(error) } as const;
      this.#heard(instance, failed);
    });
    if (machineFault?.failsAfter !== undefined) {
      const timer = setTimeout(() => void this.fail(instance.id), machineFault.failsAfter * 1000);
      this.#timers.add(timer);
    }
  }

  #machineFaultOf({ number, call }: StageInstance): MachineFault | undefined {
    const own = [...this.#ec2.instances.values()].filter((one) => one.call.principal === call.principal);
    const place = own.filter((one) => one.number < number).length;
    return this.machineFaults.find(({ instance, of }) =>
      of === undefined ? instance === number : of === call.principal && instance === place,
    );
  }

  #boot(instance: StageInstance, metadata: string, machineFault: MachineFault | undefined): void {
    const { directory, awsSocket, awsPort, python, bootSeconds, shared } = this.#options;
    const own = join(directory, instance.id);
    const machine = new Machine(instance, {
      directory: own,
      cloudConfig: readUserData(instance.userData, python),
      awsPort: awsPort(),
      boots: machineFault?.neverBoots !== true,
      wrongHostKey: machineFault?.wrongHostKey === true,
      disarms: machineFault?.disarms === true,
      bootSeconds: machineFault?.bootSeconds ?? bootSeconds,
      ...(shared !== undefined && { shared }),
      held: this.#held.has(instance.call.principal),
    });
    this.machines.set(instance.id, machine);
    share(own, 'aws.sock', awsSocket);
    share(own, 'imds.sock', metadata);
    machine.on('event', (event) => this.#heard(instance, event));
  }

  #heard(instance: StageInstance, event: MachineEvent): void {
    this.events.push({ ...event, instance: instance.id, time: Date.now() });
    if (event.event === 'poweroff') this.#poweredOff(instance);
    this.emit('event', instance, event);
  }

  /** What EC2 does when the system inside powers off: as the launch has said. A halt it does not notice. */
  #poweredOff(instance: StageInstance): void {
    const code = 'Client.InstanceInitiatedShutdown';
    const reason = { code, message: `${code}: Instance initiated shutdown` };
    if (instance.shutdownBehavior === 'terminate') this.#ec2.end(instance, reason);
    else this.#ec2.halt(instance, reason);
  }

  async #serveMetadata(instance: StageInstance): Promise<string> {
    const role = instance.profile === undefined ? undefined : roleOf(instance.profile, instance.id);
    if (role) this.#principals.set(role.accessKeyId, role);
    const folder = join(this.#options.directory, 'imds');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, instance.id);
    const server = metadataServer(instance, role, (call) => this.imdsCalls.push(call));
    this.#metadata.set(instance.id, server);
    server.listen(path);
    await once(server, 'listening');
    return path;
  }
}
