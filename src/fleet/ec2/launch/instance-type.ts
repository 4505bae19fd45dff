import type {
  DescribeImagesCommandInput,
  EC2,
  Image,
  InstanceTypeInfo,
  _InstanceType,
} from '@aws-sdk/client-ec2';
import { allItems } from '../../../aws/page.ts';
import { CndError } from '../../../error.ts';
import { defaultTypes } from '../price/default-type.ts';
import { type Architecture, type ImageTraits, imageNames, imageQuery, imageTraits, newest } from './image.ts';

/** What is known of an instance type. */
export interface MachineType {
  readonly name: string;
  readonly architecture: Architecture;
  readonly vcpus: number;
  readonly cores: number;
}

/** An image as it is launched. */
export interface MachineImage extends ImageTraits {
  readonly id: string;
  readonly name: string;
  readonly rootDevice: string;
  /** GiB of its root volume: what its snapshot needs. */
  readonly rootSize: number;
  /** The devices of its other EBS volumes. */
  readonly otherDevices: readonly string[];
}

/** What to do about a type that a region does not have. */
export const otherTypes = 'use other types with --type, e.g. c7a.medium,c7i.large; or another --region';

/** An instance type as the SDK wants it: its types list the values of its day, and the service knows newer ones. */
export function typeName(type: string): _InstanceType {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return type as _InstanceType;
}

/** What EC2 knows of the given types, in their order; one that the region does not have is left out. */
export async function describeTypes(
  ec2: EC2,
  names: readonly string[],
  signal: AbortSignal,
): Promise<MachineType[]> {
  // By filter and not by name: one name that the region does not have would fail the call for all.
  const input = { Filters: [{ Name: 'instance-type', Values: [...names] }] };
  const { paginateDescribeInstanceTypes } = await import('@aws-sdk/client-ec2');
  const pages = paginateDescribeInstanceTypes({ client: ec2 }, input, { abortSignal: signal });
  const types = await allItems(pages, ({ InstanceTypes }) => InstanceTypes);
  const found = new Map(types.map((info) => [info.InstanceType as string | undefined, info]));
  return names.flatMap((name) => found.get(name) ?? []).map(machineType);
}

/**
 * What EC2 knows of the given types, in their order. One that the region does not have is left out, as one that has no
 * capacity would be. @throws CndError when it has none of them.
 */
export async function findTypes(
  ec2: EC2,
  names: readonly string[],
  region: string,
  signal: AbortSignal,
): Promise<MachineType[]> {
  const known = await describeTypes(ec2, names, signal);
  if (known.length === 0) {
    throw new CndError('ec2-no-type', `there is no instance type ${names.join(', ')} in ${region}`, {
      about: 'ec2.types',
      hint: otherTypes,
    });
  }
  const architectures = new Set(known.map(({ architecture }) => architecture));
  if (architectures.size <= 1) return known;
  throw new CndError(
    'ec2-mixed-types',
    `${names.join(', ')} have different architectures: no image runs on all of them`,
    {
      about: 'ec2.types',
      hint: 'use types of one architecture',
    },
  );
}

/**
 * The type that is launched where none is configured, and then those that could be instead: what the region offers, the best one first,
 * of one architecture, that of the image where that is given by id. @throws CndError when the region offers none of the built-in table
 */
export async function findDefaultTypes(
  ec2: EC2,
  image: string,
  region: string,
  signal: AbortSignal,
): Promise<MachineType[]> {
  const names = defaultTypes();
  const [known, architecture] = await Promise.all([
    describeTypes(ec2, names, signal),
    imageArchitecture(ec2, image, signal),
  ]);
  const best = known.find((type) => architecture === undefined || type.architecture === architecture);
  if (best) return known.filter((type) => type.architecture === best.architecture);
  const which = architecture === undefined ? '' : ` that runs image ${image} (${architecture})`;
  throw new CndError(
    'ec2-no-type',
    `${region} offers no instance type${which} of the built-in table: ${names.join(', ')}`,
    { about: 'ec2.types', hint: 'choose types with --type, or use another --region' },
  );
}

/** The architecture of an image that is given by id; undefined for a name, or where EC2 does not say: the image's own check does. */
async function imageArchitecture(ec2: EC2, image: string, signal: AbortSignal): Promise<string | undefined> {
  if (!image.startsWith('ami-')) return undefined;
  try {
    const [found] = await findImages(ec2, { ImageIds: [image] }, signal);
    return found?.Architecture;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** What counts of DescribeInstanceTypes' answer. Pure. */
export function machineType({
  InstanceType = 'c7a.medium',
  ProcessorInfo,
  VCpuInfo,
}: InstanceTypeInfo): MachineType {
  const isArm = ProcessorInfo?.SupportedArchitectures?.includes('arm64') ?? false;
  const vcpus = VCpuInfo?.DefaultVCpus ?? 1;
  return {
    name: InstanceType,
    architecture: isArm ? 'arm64' : 'x86_64',
    vcpus,
    cores: VCpuInfo?.DefaultCores ?? vcpus,
  };
}

/** The image by its name or id. @throws CndError naming image AND region: an id of another region is a common mistake. */
export async function findImage(
  ec2: EC2,
  image: string,
  architecture: Architecture,
  region: string,
  signal: AbortSignal,
): Promise<MachineImage> {
  const query = imageQuery(image, architecture, region);
  if (!query) throw noImage(`${image} is not a known image in ${region}`, image);
  const images = await findImages(ec2, query, signal).catch((error: unknown) => {
    const unknown = error instanceof Error && error.name.startsWith('InvalidAMIID');
    if (!unknown) throw error;
    return [];
  });
  const found = newest(images);
  if (!found) throw noImage(`there is no image ${image} for ${architecture} in ${region}`, image);
  if (found.Architecture !== undefined && found.Architecture !== architecture) {
    throw noImage(
      `image ${image} in ${region} is for ${found.Architecture}, the instance types are ${architecture}`,
      image,
    );
  }
  return machineImage(image, found);
}

async function findImages(
  ec2: EC2,
  query: DescribeImagesCommandInput,
  signal: AbortSignal,
): Promise<Image[]> {
  const { paginateDescribeImages } = await import('@aws-sdk/client-ec2');
  const pages = paginateDescribeImages({ client: ec2 }, query, { abortSignal: signal });
  return allItems(pages, ({ Images }) => Images);
}

/** What counts of DescribeImages' answer. Pure. */
export function machineImage(image: string, found: Image): MachineImage {
  const disks = (found.BlockDeviceMappings ?? []).filter(({ Ebs }) => Ebs);
  const root = disks.find(({ DeviceName }) => DeviceName === found.RootDeviceName);
  return {
    rootSize: root?.Ebs?.VolumeSize ?? 8,
    otherDevices: disks.filter((disk) => disk !== root).flatMap(({ DeviceName }) => DeviceName ?? []),
    id: found.ImageId ?? '',
    name: found.Name ?? '',
    rootDevice: found.RootDeviceName ?? '/dev/xvda',
    ...imageTraits(image, found),
  };
}

function noImage(message: string, image: string): CndError {
  return new CndError('ec2-no-image', message, {
    about: image,
    hint: `use one of ${imageNames.join(', ')}, or the ID of an image in this region and for this architecture`,
  });
}
