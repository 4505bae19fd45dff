import type { InstanceTable } from './instance-table.ts';

/**
 * Written by `node bench/instances.mjs`: `--measure` times the kernels on the processor that it runs on, `--prices` asks the
 * Price List and DescribeInstanceTypes. docs/instances.md says where each figure is from.
 */
export const instanceData: InstanceTable = {
  prices: {
    date: '2026-07-20',
    region: 'us-east-1',
    source:
      'the AWS Price List API, as karpenter-provider-aws publishes it (pkg/providers/pricing/zz_generated.pricing_aws.go, 2026-07-20)',
  },
  compressions: {
    'hex-chain': 3,
    sha256d: 2,
    sha256: 1,
    bitcoin: 2,
  },
  scriptCycles: {
    'hex-chain': 2300,
    sha256d: 2140,
    sha256: 1010,
    bitcoin: 2350,
  },
  processors: {
    'Zen 5': {
      isa: 'avx512',
      cycles: {
        'hex-chain': 26,
        sha256d: 28.1,
        sha256: 26.6,
        bitcoin: 27.6,
      },
      basis: 'measured',
      source: 'bench/kernel.py on an EPYC (Turin) at 4.4 GHz, 2026-11-29; sha256 at 4.22 GHz, 2026-11-30',
    },
    'Zen 4': {
      isa: 'avx512',
      cycles: {
        'hex-chain': 52,
        sha256d: 56.2,
        sha256: 53.2,
        bitcoin: 55.2,
      },
      basis: 'estimated',
      source: 'twice those of Zen 5: 512-bit instructions take two passes',
    },
    'Zen 3': {
      isa: 'sha-ni-2',
      cycles: {
        'hex-chain': 67.7,
        sha256d: 75.8,
        sha256: 75.8,
        bitcoin: 72.6,
      },
      estimated: ['sha256'],
      basis: 'measured',
      source:
        'bench/kernel.py on an EPYC (Milan) at 3.05 GHz that others kept busy, 2026-11-30; sha256 estimated',
    },
    'Granite Rapids': {
      isa: 'avx512',
      cycles: {
        'hex-chain': 44.9,
        sha256d: 47.5,
        sha256: 47.5,
        bitcoin: 47.9,
      },
      basis: 'estimated',
      source: 'those of Emerald Rapids: the same two 512-bit ports',
    },
    'Sapphire Rapids': {
      isa: 'avx512',
      cycles: {
        'hex-chain': 44.9,
        sha256d: 47.5,
        sha256: 47.5,
        bitcoin: 47.9,
      },
      basis: 'estimated',
      source: 'measured on Emerald Rapids, which has the same core, in November 2026',
    },
    'Ice Lake': {
      isa: 'avx512',
      cycles: {
        'hex-chain': 44.9,
        sha256d: 47.5,
        sha256: 47.5,
        bitcoin: 47.9,
      },
      basis: 'estimated',
      source: 'those of Emerald Rapids: the same two 512-bit ports',
    },
    'Graviton5 (Neoverse V3)': {
      isa: 'armv8-sha2',
      cycles: {
        'hex-chain': 53,
        sha256d: 61.5,
        sha256: 61.5,
        bitcoin: 61.5,
      },
      basis: 'estimated',
      source: 'as Graviton4',
    },
    'Graviton4 (Neoverse V2)': {
      isa: 'armv8-sha2',
      cycles: {
        'hex-chain': 53,
        sha256d: 61.5,
        sha256: 61.5,
        bitcoin: 61.5,
      },
      basis: 'estimated',
      source:
        'all SHA-256 instructions share one pipeline: 56 a block, 32 of a constant one, 91 % of it reached as by SHA-NI',
    },
    'Graviton3 (Neoverse V1)': {
      isa: 'armv8-sha2',
      cycles: {
        'hex-chain': 53,
        sha256d: 61.5,
        sha256: 61.5,
        bitcoin: 61.5,
      },
      basis: 'estimated',
      source: 'as Graviton4',
    },
    'Graviton2 (Neoverse N1)': {
      isa: 'armv8-sha2',
      cycles: {
        'hex-chain': 53,
        sha256d: 61.5,
        sha256: 61.5,
        bitcoin: 61.5,
      },
      basis: 'estimated',
      source: 'as Graviton4',
    },
  },
  families: {
    c6a: {
      processor: 'Zen 3',
      clock: 3.6,
      threadsPerCore: 2,
      perVcpu: 0.03825,
      sizes: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge',
    },
    c6g: {
      processor: 'Graviton2 (Neoverse N1)',
      clock: 2.5,
      threadsPerCore: 1,
      perVcpu: 0.034,
      sizes: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge',
    },
    c6i: {
      processor: 'Ice Lake',
      clock: 3.5,
      threadsPerCore: 2,
      perVcpu: 0.0425,
      sizes: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge',
    },
    c7a: {
      processor: 'Zen 4',
      clock: 3.7,
      threadsPerCore: 1,
      perVcpu: 0.05132,
      sizes: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge',
    },
    c7g: {
      processor: 'Graviton3 (Neoverse V1)',
      clock: 2.6,
      threadsPerCore: 1,
      perVcpu: 0.0363,
      sizes: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge',
    },
    c7i: {
      processor: 'Sapphire Rapids',
      clock: 3.2,
      threadsPerCore: 2,
      perVcpu: 0.044625,
      sizes: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge',
    },
    c8a: {
      processor: 'Zen 5',
      clock: 4.5,
      threadsPerCore: 1,
      perVcpu: 0.05389,
      sizes: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge',
    },
    c8g: {
      processor: 'Graviton4 (Neoverse V2)',
      clock: 2.8,
      threadsPerCore: 1,
      perVcpu: 0.03988,
      sizes: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge',
    },
    c8i: {
      processor: 'Granite Rapids',
      clock: 3.9,
      threadsPerCore: 2,
      perVcpu: 0.046855,
      sizes: 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge 96xlarge',
    },
    c9g: {
      processor: 'Graviton5 (Neoverse V3)',
      clock: 2.8,
      threadsPerCore: 1,
      perVcpu: 0.04347,
      sizes: 'medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge',
    },
  },
};
