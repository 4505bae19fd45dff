import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { type MachineImage, typeName } from './instance-type.ts';
import type { Connect } from '../find/describe.ts';
import { type RunTags, instanceTags } from '../tag.ts';

/** EC2 advises launches in batches of about this size (EC2 User Guide, "API request throttling"). */
export const mostPerCall = 100;

/** Everything that one RunInstances call depends on. */
export interface RunInstancesPlan {
  readonly tags: RunTags;
  readonly image: Pick<MachineImage, 'id' | 'rootDevice' | 'rootSize' | 'otherDevices'>;
  readonly type: string;
  readonly subnet: string;
  readonly groups: readonly string[];
  /** Instances wanted of this call; at least one, or none is launched. */
  readonly count: number;
  /** The index of the first instance: how many there have been of the run before. */
  readonly firstIndex: number;
  /** The number of the attempt in this launch: retries of a lost answer keep it, anything else takes the next. */
  readonly attempt: number;
  readonly userData: string;
  /** The address that it gets, besides its private one. */
  readonly connect: Connect;
  readonly instanceProfile: string | undefined;
  /** US dollars per hour that a spot instance may cost at most; null: as much as on demand. Undefined: on demand. */
  readonly spotPrice: number | null | undefined;
}

/** What a launch may choose from, best first. */
export interface LaunchPlan extends Omit<
  RunInstancesPlan,
  'type' | 'subnet' | 'attempt' | 'spotPrice' | 'userData'
> {
  readonly minimum: number;
  readonly types: readonly string[];
  readonly subnets: readonly { readonly id: string; readonly zone: string }[];
  /** Made anew for each call: what is left of T gets less while zones are tried. */
  readonly userData: () => string;
  /** See `RunInstancesPlan.spotPrice`. */
  readonly spotPrice: (type: string) => number | null | undefined;
  readonly notice: (message: string) => void;
  /** Called with the ids of each call's instances, before anything else is launched: when it fails, so does the launch. */
  readonly onLaunched: ((ids: readonly string[]) => Promise<void>) | undefined;
}

/** The input of one RunInstances call (API_RunInstances). Pure. */
export function runInstancesInput(plan: RunInstancesPlan): RunInstancesCommandInput {
  const { image, type, subnet, groups, count, tags, firstIndex, userData, connect, instanceProfile } = plan;
  return {
    ImageId: image.id,
    InstanceType: typeName(type),
    MinCount: 1,
    MaxCount: count,
    ClientToken: clientToken(tags.run, plan.attempt),
    UserData: Buffer.from(userData).toString('base64'),
    // Powering off terminates: without this the dead-man's switch would only stop an instance. Spot requires it too.
    InstanceInitiatedShutdownBehavior: 'terminate',
    // IMDSv2 only, and not through a container or a proxy on the instance.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDevice,
        Ebs: {
          DeleteOnTermination: true,
          Encrypted: true,
          VolumeType: 'gp3',
          VolumeSize: image.rootSize,
        },
      },
      // An image may keep its other volumes beyond the instance: they would cost money for ever.
      ...image.otherDevices.map((DeviceName) => ({
        DeviceName,
        Ebs: { DeleteOnTermination: true, Encrypted: true },
      })),
    ],
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: subnet,
        Groups: [...groups],
        // Paid for, so only when it is used.
        AssociatePublicIpAddress: connect === 'public',
        ...(connect === 'ipv6' && { Ipv6AddressCount: 1 }),
        DeleteOnTermination: true,
      },
    ],
    TagSpecifications: instanceTags(tags, firstIndex, plan.spotPrice !== undefined),
    ...(instanceProfile !== undefined && {
      IamInstanceProfile: instanceProfile.startsWith('arn:')
        ? { Arn: instanceProfile }
        : { Name: instanceProfile },
    }),
    ...(plan.spotPrice !== undefined && {
      InstanceMarketOptions: {
        MarketType: 'spot',
        SpotOptions: {
          SpotInstanceType: 'one-time',
          InstanceInterruptionBehavior: 'terminate',
          ...(plan.spotPrice !== null && { MaxPrice: plan.spotPrice.toFixed(6) }),
        },
      },
    }),
  };
}

/** Makes a call that is repeated after a lost answer launch nothing new; at most 64 characters. Pure. */
export function clientToken(run: string, attempt: number): string {
  return `cnd-${run}-${attempt}`;
}
