import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Principal, roleOf, sts, user } from './account/principal.ts';
import { serviceQuotas } from './account/quota.ts';
import type { Call } from './aws/call.ts';
import { Faults } from './aws/fault.ts';
import { Lag } from './aws/lag.ts';
import { Pager } from './aws/page.ts';
import { modelOf } from './aws/model.ts';
import { motoProgram, motoPython } from './aws/moto.ts';
import { Proxy, type Service } from './aws/proxy.ts';
import { s3Rules, sqsRules } from './aws/rule.ts';
import { Scheduler } from './aws/scheduler.ts';
import { Servers } from './aws/servers.ts';
import { type Refusal, Strict } from './aws/strict.ts';
import { Sqs } from './aws/sqs.ts';
import { ec2Action } from './ec2/action.ts';
import { Ec2 } from './ec2/ec2.ts';
import { ec2Rules } from './ec2/rule.ts';
import { exists, type StageInstance } from './ec2/instance.ts';
import { Hypervisor } from './machine/hypervisor.ts';
import { Jump } from './machine/jump.ts';
import { missing } from './available.ts';
import { type StageOptions, ec2Defaults } from './option.ts';
import { Seed } from './seed.ts';
import { pricing } from './price/pricing.ts';

/** An AWS for tests: EC2 with machines that boot, SQS, S3, STS, Pricing and Service Quotas, on loopback only. */
export class Stage {
  readonly faults: Faults;
  readonly ec2: Ec2;
  readonly hypervisor: Hypervisor;
  readonly jump: Jump;
  readonly scheduler: Scheduler;
  readonly region: string;
  readonly directory: string;
  /** Cuts lists into pages. */
  readonly pager: Pager;
  readonly #strict: Strict;
  readonly #pages: boolean;
  readonly #servers: Servers;
  readonly #proxy: Proxy;
  readonly #principals: Map<string, Principal>;
  readonly #sqs: Sqs;
  /** Who is behind an access key: users, and those who launched an instance with a role. */
  readonly #owners = new Map<string, string>();

  private constructor(parts: Parts) {
    this.faults = parts.faults;
    this.ec2 = parts.ec2;
    this.hypervisor = parts.hypervisor;
    this.jump = parts.jump;
    this.scheduler = parts.scheduler;
    this.region = parts.region;
    this.directory = parts.directory;
    this.pager = parts.pager;
    this.#strict = parts.strict;
    this.#pages = parts.pages;
    if (!parts.pages) this.pager.plan = (items) => [items];
    this.#servers = parts.servers;
    this.#proxy = parts.proxy;
    this.#principals = parts.principals;
    this.#sqs = parts.sqs;
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const program = motoProgram();
    const what = missing();
    if (program === undefined || what !== undefined) throw new Error(what);
    const {
      region = 'us-east-1',
      bootSeconds = 0.1,
      boots = true,
      pages = true,
      ministack = false,
      stalest = 5000,
      consistency,
      sharedDirectory,
      ...numbers
    } = options;
    const directory = mkdtempSync(join(tmpdir(), 'cnd-stage-'));
    const servers = await Servers.start(program, directory, ministack).catch(async (error: unknown) => {
      await rm(directory, { recursive: true });
      throw error;
    });
    const faults = new Faults();
    const seed = new Seed();
    process.stderr.write(`stage: CND_STAGE_SEED=${seed.number}\n`);
    const pager = new Pager(seed);
    // Read now: while a call waits for them its time would pass.
    for (const service of ['ec2', 'sqs', 's3', 'sts', 'scheduler']) modelOf(service);
    const principals = new Map<string, Principal>();
    const lag = new Lag(seed, stalest, consistency);
    const ec2 = new Ec2({ ...ec2Defaults, ...numbers }, lag);
    const scheduler = new Scheduler(ec2);
    const sqs = new Sqs(lag);
    const awsSocket = join(directory, 'aws.sock');
    const services: Record<string, Service> = {
      ec2: (call, _, forward) => ec2Action(ec2, call, forward),
      sqs: (call, _, forward) => sqs.answer(call, forward),
      scheduler: (call, _, forward) => scheduler.answer(call, forward),
      sts: (call, principal) => sts(call, principal),
      pricing: (call) => pricing(call),
      servicequotas: (call) => serviceQuotas(call, ec2.quota(call.region)),
    };
    const address = '198.51.100.7';
    const strict = new Strict({ ec2: ec2Rules, sqs: sqsRules, s3: s3Rules });
    const proxyOptions = { ...servers.ports, faults, pager, strict, principals, services, address };
    const proxy = await Proxy.start(proxyOptions, awsSocket);
    const python = motoPython(program);
    const awsPort = (): number => proxy.port;
    const hypervisor = new Hypervisor(ec2, principals, {
      directory,
      awsSocket,
      awsPort,
      python,
      bootSeconds,
      boots,
      shared: sharedDirectory,
    });
    const jump = await Jump.start((address) => hypervisor.doorOf(address));
    writeFileSync(join(directory, 'jump_key'), jump.loginKey.privateKey, { mode: 0o600 });
    return new Stage({
      servers,
      proxy,
      pager,
      strict,
      pages,
      faults,
      principals,
      ec2,
      scheduler,
      sqs,
      hypervisor,
      jump,
      region,
      directory,
    });
  }

  /** Where all services are. */
  get url(): string {
    return this.#proxy.url;
  }

  /** The environment of a `cnd` on this stage, as somebody (by default alice); nothing of the user's own AWS shows. */
  env(name = 'alice'): Record<string, string> {
    const principal = this.principal(name);
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_REGION: this.region,
      AWS_ACCESS_KEY_ID: principal.accessKeyId,
      AWS_SECRET_ACCESS_KEY: principal.secretAccessKey,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  /** Somebody with an access key. */
  principal(name: string): Principal {
    const principal = user(name);
    this.#principals.set(principal.accessKeyId, principal);
    this.#owners.set(principal.accessKeyId, name);
    return principal;
  }

  /** The content of a cnd.config.json for this stage. */
  get config(): StageConfig {
    const { user, port, hostKey } = this.jump;
    return {
      fleet: 'ec2',
      ec2: {
        addressLookup: `${this.url}/checkip`,
        jump: {
          via: `${user}@127.0.0.1:${port}`,
          identity: join(this.directory, 'jump_key'),
          hostKey: hostKey.publicKey,
        },
      },
    };
  }

  /** Every call so far, or those of one service and action; a list in several pages is one call. */
  calls(service?: string, action?: string): Call[] {
    return this.#proxy.calls.filter(
      (call) =>
        call.continues !== true &&
        (service ?? call.service) === call.service &&
        (action ?? call.action) === call.action,
    );
  }

  /** The instances that there were since the reset, in the order of their launch. */
  instances(state?: StageInstance['state']): StageInstance[] {
    return [...this.ec2.instances.values()].filter((one) => state === undefined || one.state === state);
  }

  /** From now on these calls fail as with expired credentials: those of users, not of instances' roles. */
  expireCredentials(): () => void {
    return this.faults.add({ match: ({ accessKey }) => accessKey.startsWith('AKIA'), error: 'Expired' });
  }

  /** Whether somebody made a call, or an instance of theirs with its role. */
  isOf(name: string, { accessKey }: Call): boolean {
    const known = this.#owners.get(accessKey);
    if (known !== undefined) return known === name;
    const instance = this.instances().find(({ id }) => accessKey === roleOf('', id).accessKeyId);
    if (instance) this.#owners.set(accessKey, instance.call.principal);
    return instance?.call.principal === name;
  }

  /**
   * What costs money, or would be in the way: instances, processes, groups and queues, in words. Of one user only, if
   * one is named.
   */
  async orphans(name?: string): Promise<string[]> {
    const instances = this.instances().filter(
      ({ call }) => name === undefined || call.accessKey === user(name).accessKeyId,
    );
    const on = instances.filter(({ id }) => this.hypervisor.machines.get(id)?.isOff === false);
    const lists = await Promise.all(
      this.ec2.options.regions.map(async (region) => this.#servers.things(region)),
    );
    const made = name === undefined ? undefined : this.#madeBy(name);
    const things = lists.flat().filter(({ id }) => made?.has(id) ?? true);
    return [
      ...instances.filter(exists).map(({ id, state, region }) => `instance ${id} ${state} in ${region}`),
      ...on.map(({ id }) => `machine of ${id}`),
      ...things.map(({ kind, id, region }) => `${kind} ${id} in ${region}`),
    ];
  }

  /** Waits until nothing is left, of anybody or of one user. */
  async untilClean(seconds = 60, name?: string): Promise<void> {
    let left: string[] = [];
    for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(100)) {
      left = await this.orphans(name);
      if (left.length === 0) return;
    }
    throw new Error(`left after ${seconds} s: ${left.join(', ')}`);
  }

  async createBucket(name: string): Promise<void> {
    await this.#servers.createBucket(name, this.region);
  }

  /** The objects of a bucket by key. */
  async objects(bucket: string): Promise<Map<string, Buffer>> {
    return this.#servers.objects(bucket, this.region);
  }

  /** What AWS would not have taken, of everybody or of one user; a test that does not take it fails. */
  refusals(name?: string): Refusal[] {
    return this.#strict.take((call) => name === undefined || this.isOf(name, call));
  }

  /** @throws Error when AWS would have refused a request of a user, or of the user's instances. */
  checkRequests(name: string): void {
    this.#strict.check((call) => this.isOf(name, call));
  }

  /** As if new: no instances, machines, queues, buckets, faults or calls. */
  async reset(): Promise<void> {
    this.faults.clear();
    this.jump.drop();
    this.jump.resume();
    this.jump.requests.length = 0;
    const failures = this.hypervisor.events.flatMap((event) =>
      event.event === 'failed' ? event.message : [],
    );
    await this.hypervisor.clear();
    this.ec2.clear();
    this.scheduler.clear();
    this.#sqs.clear();
    this.pager.clear();
    if (!this.#pages) this.pager.plan = (items) => [items];
    await this.#servers.reset();
    this.#proxy.calls.length = 0;
    this.#strict.check();
    if (failures.length > 0) throw new Error(`the stage itself failed: ${failures.join(', ')}`);
  }

  async close(): Promise<void> {
    await this.hypervisor.clear();
    this.ec2.clear();
    await this.jump.stop();
    await this.#proxy.stop();
    await this.#servers.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** The names of the groups and queues that somebody asked for. */
  #madeBy(name: string): Set<unknown> {
    const { accessKeyId } = user(name);
    const own = this.#proxy.calls.filter(({ accessKey }) => accessKey === accessKeyId);
    return new Set(own.flatMap(({ parameters }) => [parameters['GroupName'], parameters['QueueName']]));
  }
}

/** What the stage puts into cnd.config.json. */
export interface StageConfig {
  readonly fleet: 'ec2';
  readonly ec2: {
    readonly addressLookup: string;
    readonly jump: { readonly via: string; readonly identity: string; readonly hostKey: string };
  };
}

interface Parts {
  readonly servers: Servers;
  readonly proxy: Proxy;
  readonly pager: Pager;
  readonly strict: Strict;
  readonly pages: boolean;
  readonly faults: Faults;
  readonly principals: Map<string, Principal>;
  readonly ec2: Ec2;
  readonly scheduler: Scheduler;
  readonly sqs: Sqs;
  readonly hypervisor: Hypervisor;
  readonly jump: Jump;
  readonly region: string;
  readonly directory: string;
}
