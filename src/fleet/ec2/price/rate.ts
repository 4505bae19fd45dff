import type { InstanceTable, TypeFacts } from './instance-table.ts';

/** How fast an instance of a type searches, by the built-in table. */
export interface TableRate {
  /** Nonces per second of one instance with all of its vCPUs. */
  readonly rate: number;
  /** Where that is from, for people. */
  readonly basis: string;
}

/** Nonces that a core of a processor tests in a million cycles; undefined for a scheme that the table does not have. */
function noncesPerMegacycle(
  { compressions, processors, scriptCycles }: InstanceTable,
  processor: string,
  scheme: string,
  kernel: 'auto' | 'python',
): number | undefined {
  const cycles =
    kernel === 'python'
      ? scriptCycles[scheme]
      : (compressions[scheme] ?? NaN) * (processors[processor]?.cycles[scheme] ?? NaN);
  return cycles === undefined || Number.isNaN(cycles) ? undefined : 1e6 / cycles;
}

/**
 * The rate of a type by cycles and clock: hyper-threads share a core, so two of them are as fast as one core. Pure.
 * @param kernel `python`: pow.py, whose cycles were measured on one processor only.
 */
export function tableRate(
  table: InstanceTable,
  { family, vcpus }: TypeFacts,
  scheme: string,
  kernel: 'auto' | 'python',
): TableRate | undefined {
  const { processor, clock, threadsPerCore } = family;
  const nonces = noncesPerMegacycle(table, processor, scheme, kernel);
  const known = table.processors[processor];
  if (nonces === undefined || !known) return undefined;
  const program = kernel === 'python' ? 'pow.py' : known.isa;
  const isEstimate = kernel === 'python' || known.estimated?.includes(scheme) === true;
  const basis = isEstimate ? 'estimated' : known.basis;
  return {
    rate: (clock * 1000 * nonces * vcpus) / threadsPerCore,
    basis: `built-in table: ${program} on ${processor} at ${clock} GHz, cycles ${basis}`,
  };
}
