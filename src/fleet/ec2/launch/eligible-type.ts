import type { EC2, Filter } from '@aws-sdk/client-ec2';
import { withDeadline } from '../../../wait.ts';
import type { Architecture } from './image.ts';

/** Milliseconds: it is asked for a hint alone. */
const timeout = 3000;

/**
 * The instance types that an account of the free plan may launch in this region, by EC2's own filter (API reference,
 * DescribeInstanceTypes, `free-tier-eligible`), on the images' architecture. Empty where EC2 does not say.
 */
export async function findEligible(
  ec2: EC2,
  architecture: Architecture | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const Filters: Filter[] = [
    { Name: 'free-tier-eligible', Values: ['true'] },
    ...(architecture === undefined
      ? []
      : [{ Name: 'processor-info.supported-architecture', Values: [architecture] }]),
  ];
  try {
    const { paginateDescribeInstanceTypes } = await import('@aws-sdk/client-ec2');
    return await withDeadline(timeout, signal, async (abortSignal) => {
      const found: string[] = [];
      const pages = paginateDescribeInstanceTypes({ client: ec2 }, { Filters }, { abortSignal });
      for await (const { InstanceTypes = [] } of pages)
        found.push(...InstanceTypes.flatMap(({ InstanceType }) => InstanceType ?? []));
      return found.toSorted();
    });
  } catch {
    return [];
  }
}
