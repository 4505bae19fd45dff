import type { Ec2Settings } from '../schema.ts';
import { type Ec2Api, regionOf } from '../api.ts';
import { type Ec2Call, ec2Error } from '../error.ts';
import { type CallerIdentity, findIdentity } from '../identity.ts';
import {
  type MachineImage,
  type MachineType,
  findDefaultTypes,
  findImage,
  findTypes,
} from './instance-type.ts';
import { type Network, findNetwork } from './network.ts';
import { sshSource } from './ssh-source.ts';

/** Types by name. */
export interface TypeNames {
  /** Those that are launched: the configured ones, or the default one. */
  readonly types: readonly string[];
  /** Where none is configured: those that could be launched instead of the default one. */
  readonly others?: readonly string[];
}

/**
 * What a launch stands on, found once: who we are, what there is in the region. Each part is asked for when it is
 * needed, and again when it failed.
 */
export class Prerequisites {
  readonly #api: Ec2Api;
  readonly #settings: Ec2Settings;
  readonly #found = new Map<string, Promise<unknown>>();

  constructor(api: Ec2Api, settings: Ec2Settings) {
    this.#api = api;
    this.#settings = settings;
  }

  identity(signal: AbortSignal): Promise<CallerIdentity> {
    return this.#once('identity', () => findIdentity(this.#api, signal));
  }

  region(): Promise<string> {
    return this.#once('region', async () => {
      try {
        return await regionOf(this.#api);
      } catch (error) {
        throw this.#error(error, 'EC2 cannot be called', 'region', '');
      }
    });
  }

  async types(signal: AbortSignal): Promise<readonly MachineType[]> {
    const { types } = await this.#choice(signal);
    return types;
  }

  /** Never rejects: of types that cannot be found out there are no names. */
  async typeNames(signal: AbortSignal): Promise<TypeNames> {
    const { types } = this.#settings;
    if (types) return { types };
    try {
      const { types: chosen, others } = await this.#choice(signal);
      return { types: chosen.map(({ name }) => name), others: others.map(({ name }) => name) };
    } catch {
      return { types: [] };
    }
  }

  /** The types that are configured, or the default one, and those that could be launched instead of it. */
  #choice(signal: AbortSignal): Promise<{ types: MachineType[]; others: MachineType[] }> {
    const { types, image } = this.#settings;
    const about = types?.join(', ') ?? 'instance types';
    return this.#asked('types', about, 'ec2:DescribeInstanceTypes', signal, async (region) => {
      const ec2 = await this.#api.ec2();
      if (types) return { types: await findTypes(ec2, types, region, signal), others: [] };
      const all = await findDefaultTypes(ec2, image, region, signal);
      return { types: all.slice(0, 1), others: all.slice(1) };
    });
  }

  async image(signal: AbortSignal): Promise<MachineImage> {
    const { image } = this.#settings;
    const [type] = await this.types(signal);
    const architecture = type?.architecture ?? 'x86_64';
    return this.#asked('image', image, 'ec2:DescribeImages', signal, async (region) =>
      findImage(await this.#api.ec2(), image, architecture, region, signal),
    );
  }

  network(signal: AbortSignal): Promise<Network> {
    return this.#asked('network', 'subnets', 'ec2:DescribeSubnets', signal, async (region) =>
      findNetwork(await this.#api.ec2(), this.#settings, region, signal),
    );
  }

  /** The block of addresses that SSH is allowed from. */
  source(signal: AbortSignal): Promise<string> {
    return this.#once('source', () => sshSource(this.#settings, signal));
  }

  #asked<T>(
    key: string,
    about: string,
    permissions: string,
    signal: AbortSignal,
    ask: (region: string) => Promise<T>,
  ): Promise<T> {
    return this.#once(key, async () => {
      const region = await this.region();
      try {
        return await ask(region);
      } catch (error) {
        signal.throwIfAborted();
        throw this.#error(error, `EC2 cannot be queried for ${about}`, about, permissions, region);
      }
    });
  }

  #error(error: unknown, what: string, about: string, permissions: string, region?: string): unknown {
    const call: Ec2Call = { what, about, permissions, region, profile: this.#settings.profile };
    return ec2Error(error, call);
  }

  #once<T>(key: string, find: () => Promise<T>): Promise<T> {
    const known = this.#found.get(key);
    // Every key has one type: the map is private, and each is used by one method.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    if (known) return known as Promise<T>;
    const finding = find();
    this.#found.set(key, finding);
    finding.catch(() => this.#found.delete(key));
    return finding;
  }
}
