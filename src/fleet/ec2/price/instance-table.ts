/** What searches on a processor cost in cycles, with the instruction set that is fastest there. */
export interface Processor {
  readonly isa: string;
  /** Cycles of a core for one compression of SHA-256 by the native kernel, by scheme. */
  readonly cycles: Readonly<Record<string, number>>;
  /** Whether these cycles were measured on a machine with this processor, or follow from its execution ports. */
  readonly basis: 'measured' | 'estimated';
  /** Schemes whose cycles were estimated, where those of the others were measured. */
  readonly estimated?: readonly string[];
  /** From what, and when. */
  readonly source: string;
}

/** A family of instance types: all of its sizes have the same processor, and cost in proportion to their vCPUs. */
export interface Family {
  readonly processor: string;
  /** GHz that all cores sustain, as EC2 says (DescribeInstanceTypes, SustainedClockSpeedInGhz). */
  readonly clock: number;
  /** 2: a vCPU is one of two hyper-threads, which share the execution ports of a core. */
  readonly threadsPerCore: number;
  /** US dollars an hour for one vCPU on demand, Linux, in the region of the table; where sizes differ, the most. */
  readonly perVcpu: number;
  /** The sizes there are, the smallest first, without bare metal, with spaces between them. */
  readonly sizes: string;
}

/** One table of prices and rates: `cnd plan`, the costs of runs and docs/instances.md are computed from it. */
export interface InstanceTable {
  readonly prices: { readonly date: string; readonly region: string; readonly source: string };
  /** Compressions that a nonce takes, by scheme. */
  readonly compressions: Readonly<Record<string, number>>;
  /** Cycles of a core for one nonce by pow.py, by scheme: measured on Zen 5, for the others an estimate. */
  readonly scriptCycles: Readonly<Record<string, number>>;
  readonly processors: Readonly<Record<string, Processor>>;
  readonly families: Readonly<Record<string, Family>>;
}

/** What the name of an instance type tells. */
export interface TypeFacts {
  readonly family: Family;
  readonly vcpus: number;
}

/** The vCPUs of a size, which are the same in every family of the table; undefined for a size that no family has. Pure. */
export function sizeVcpus(size: string): number | undefined {
  const [, multiple] = /^(\d*)xlarge$/.exec(size) ?? [];
  if (multiple !== undefined) return 4 * (multiple === '' ? 1 : Number(multiple));
  return size === 'large' ? 2 : size === 'medium' ? 1 : undefined;
}

/** What the table has of a type: `undefined` of another family, the sizes of the family where it has not this one. Pure. */
export function typeFacts(
  { families }: InstanceTable,
  type: string,
): TypeFacts | { readonly sizes: string } | undefined {
  const [name = '', size = ''] = type.split('.');
  const family = Object.hasOwn(families, name) ? families[name] : undefined;
  if (!family) return undefined;
  const vcpus = sizeVcpus(size);
  return vcpus !== undefined && family.sizes.split(' ').includes(size)
    ? { family, vcpus }
    : { sizes: family.sizes };
}
