import type { EC2 } from '@aws-sdk/client-ec2';
import type { Pricing } from '@aws-sdk/client-pricing';
import type { ServiceQuotas } from '@aws-sdk/client-service-quotas';
import type { Scheduler } from '@aws-sdk/client-scheduler';
import type { STS } from '@aws-sdk/client-sts';
import { type AwsSettings, awsClientConfig, regionFromEnvironment } from '../../aws/client.ts';
import { type Partition, partitionOf } from '../../aws/partition.ts';
import type { AwsService } from '../../aws/endpoint.ts';

/** The services that the fleet asks, each client made when it is first needed: client-ec2 alone takes 0.26 s to import. */
export interface Ec2Api {
  readonly settings: AwsSettings;
  ec2(): Promise<EC2>;
  /**
   * For RunInstances: fails at the first error. The SDK would try again where capacity lacks, which the next zone may
   * have; what is worth repeating is repeated by the launch itself, with the same ClientToken.
   */
  ec2Once(): Promise<EC2>;
  sts(): Promise<STS>;
  /** The same service in another region. */
  stsIn(region: string): Promise<STS>;
  pricing(): Promise<Pricing>;
  quotas(): Promise<ServiceQuotas>;
  scheduler(): Promise<Scheduler>;
}

/** The Price List API has an endpoint in few regions; its prices are those of all of a partition. GovCloud has none. */
const pricingRegions: Partial<Record<Partition, string>> = { aws: 'us-east-1', 'aws-cn': 'cn-northwest-1' };

/**
 * Milliseconds that one attempt may take: RunInstances of a hundred takes several seconds; of the others one that hangs
 * must leave time, within what is kept of T for teardown, to try again.
 */
const timeouts = { usual: 8000, launch: 30_000 };

/** The clients of the SDK, imported when they are needed. */
export function sdkApi(settings: AwsSettings, env: NodeJS.ProcessEnv): Ec2Api {
  const config = (service: AwsService, timeout = timeouts.usual) =>
    awsClientConfig(service, settings, env, timeout);
  // Made at once: a proxy or certificates that can't be used are told before anything is asked.
  const usual = { ...config('EC2'), maxAttempts: 5 };
  const once = { ...config('EC2', timeouts.launch), maxAttempts: 1 };
  return {
    settings,
    ec2: lazy(async () => new (await import('@aws-sdk/client-ec2')).EC2(usual)),
    ec2Once: lazy(async () => new (await import('@aws-sdk/client-ec2')).EC2(once)),
    stsIn: async (region) =>
      new (await import('@aws-sdk/client-sts')).STS({ ...config('STS'), region, maxAttempts: 1 }),
    sts: lazy(
      async () => new (await import('@aws-sdk/client-sts')).STS({ ...config('STS'), maxAttempts: 5 }),
    ),
    scheduler: lazy(
      async () =>
        new (await import('@aws-sdk/client-scheduler')).Scheduler({ ...config('Scheduler'), maxAttempts: 5 }),
    ),
    pricing: lazy(async () => {
      const { Pricing } = await import('@aws-sdk/client-pricing');
      const region = pricingRegions[partitionOf(settings.region ?? regionFromEnvironment(env) ?? '')];
      if (region === undefined) throw new Error('there is no price list in this partition');
      return new Pricing({ ...config('Pricing'), region, maxAttempts: 2 });
    }),
    quotas: lazy(async () => {
      const { ServiceQuotas } = await import('@aws-sdk/client-service-quotas');
      return new ServiceQuotas({ ...config('Service Quotas'), maxAttempts: 2 });
    }),
  };
}

function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Where the calls go; the SDK also finds it in the profile. */
export async function regionOf(api: Ec2Api): Promise<string> {
  return (await api.ec2()).config.region();
}
