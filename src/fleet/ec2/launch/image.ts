import type { DescribeImagesCommandInput, Image } from '@aws-sdk/client-ec2';
import { type Partition, partitionOf } from '../../../aws/partition.ts';
import type { Platform } from '../../../kernel/native.ts';

/** How an image keeps its system log. */
export type SyslogKind = 'file' | 'journal' | 'either';

/** An architecture as EC2 names it. */
export type Architecture = 'x86_64' | 'arm64';

/** What native kernels for it are built as: all images are of Linux. */
export const platforms: Readonly<Record<Architecture, Platform>> = {
  x86_64: 'linux-x64',
  arm64: 'linux-arm64',
};

interface Family {
  /** The account that publishes it, in each partition where somebody does. */
  readonly owners: Readonly<Partial<Record<Partition, string>>>;
  readonly name: (architecture: Architecture) => string;
  readonly user: string;
  readonly syslog: SyslogKind;
}

/** Debian and Ubuntu call the architectures otherwise. */
const debianWord = { x86_64: 'amd64', arm64: 'arm64' } as const;

/**
 * The images that have a name here. Owners: Canonical's "Find Ubuntu images on AWS", Amazon's alias, Debian's
 * "Cloud/AmazonEC2Image". Amazon Linux 2023 and Debian 12 have no /var/log/syslog but the journal alone.
 */
/** Ubuntu's publisher (Canonical, "Find Ubuntu images on AWS", "Ownership verification"). */
const canonical = { aws: '099720109477', 'aws-us-gov': '513442679011', 'aws-cn': '837727238323' };

const families: Readonly<Record<string, Family>> = {
  'ubuntu-24.04': {
    owners: canonical,
    name: (architecture) =>
      `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${debianWord[architecture]}-server-*`,
    user: 'ubuntu',
    syslog: 'file',
  },
  'ubuntu-22.04': {
    owners: canonical,
    name: (architecture) => `ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-${debianWord[architecture]}-server-*`,
    user: 'ubuntu',
    syslog: 'file',
  },
  'amazon-linux-2023': {
    owners: { aws: '137112412989', 'aws-us-gov': '045324592363', 'aws-cn': '141808717104' },
    name: (architecture) => `al2023-ami-2023.*-kernel-*-${architecture}`,
    user: 'ec2-user',
    syslog: 'journal',
  },
  'debian-12': {
    owners: { aws: '136693071363' },
    name: (architecture) => `debian-12-${debianWord[architecture]}-*`,
    user: 'admin',
    syslog: 'journal',
  },
};

/** The names that `--image` takes besides `ami-…`. */
export const imageNames: readonly string[] = Object.keys(families);

/** What to ask EC2 for an image; undefined for a name that means nothing in this region's partition. Pure. */
export function imageQuery(
  image: string,
  architecture: Architecture,
  region: string,
): DescribeImagesCommandInput | undefined {
  if (/^ami-[0-9a-z]+$/.test(image)) return { ImageIds: [image] };
  const family = families[image];
  const owner = family?.owners[partitionOf(region)];
  if (!family || owner === undefined) return undefined;
  return {
    Owners: [owner],
    Filters: [
      { Name: 'name', Values: [family.name(architecture)] },
      { Name: 'architecture', Values: [architecture] },
      { Name: 'state', Values: ['available'] },
      { Name: 'root-device-type', Values: ['ebs'] },
    ],
  };
}

/** The newest of the images that EC2 answered with. Pure. */
export function newest(images: readonly Image[]): Image | undefined {
  return images.toSorted((a, b) => (b.CreationDate ?? '').localeCompare(a.CreationDate ?? ''))[0];
}

/** What is known of an image once it is found. */
export interface ImageTraits {
  readonly user: string;
  readonly syslog: SyslogKind;
}

/** Whom to log in as on an image, and where its log is; of one given by id, as far as its name tells. Pure. */
export function imageTraits(image: string, found: Pick<Image, 'Name' | 'OwnerId'>): ImageTraits {
  const name = found.Name ?? '';
  const family =
    families[image] ??
    Object.values(families).find(({ owners }) => Object.values(owners).includes(found.OwnerId ?? '')) ??
    Object.values(families).find(({ user }) => name.startsWith(familyPrefix[user] ?? '\0'));
  return family ? { user: family.user, syslog: family.syslog } : { user: 'ec2-user', syslog: 'either' };
}

/** How the names of images derived from these usually begin, by user. */
const familyPrefix: Readonly<Record<string, string>> = {
  ubuntu: 'ubuntu',
  'ec2-user': 'al2023',
  admin: 'debian',
};
