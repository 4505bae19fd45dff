import { createHash } from 'node:crypto';

/** A public image: what cnd must know to log in and to read its syslog. */
export interface Image {
  readonly id: string;
  readonly region: string;
  readonly name: string;
  readonly owner: string;
  readonly alias?: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly created: string;
  readonly rootDevice: string;
  /** Whom cloud-init gives the login key to. */
  readonly user: string;
  /** Whether there is /var/log/syslog, or the journal only. */
  readonly syslog: boolean;
  /** A second volume that the image does not delete with its instance. */
  readonly data?: string;
}

type Distribution = Pick<Image, 'owner' | 'alias' | 'user' | 'syslog' | 'rootDevice' | 'data'>;

const canonical: Distribution = {
  owner: '099720109477',
  user: 'ubuntu',
  syslog: true,
  rootDevice: '/dev/sda1',
};
const amazon: Distribution = {
  owner: '137112412989',
  alias: 'amazon',
  user: 'ec2-user',
  syslog: false,
  rootDevice: '/dev/xvda',
};
const debian: Distribution = { owner: '136693071363', user: 'admin', syslog: false, rootDevice: '/dev/xvda' };
const stranger: Distribution = {
  owner: '210987654321',
  user: 'mallory',
  syslog: true,
  rootDevice: '/dev/sda1',
};
/** Ubuntu with a data volume of somebody's own. */
const withData: Distribution = { ...canonical, owner: '123456789012', data: '/dev/sdf' };

/** Name and day by short and long architecture. What must not be chosen is newer, or sorts later. */
const names: readonly (readonly [Distribution, (short: string, long: string) => string, string])[] = [
  [
    canonical,
    (short) => `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${short}-server-20261112`,
    '2026-11-12',
  ],
  [
    canonical,
    (short) => `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${short}-server-20261015`,
    '2026-10-15',
  ],
  [
    canonical,
    (short) => `ubuntu-minimal/images/hvm-ssd-gp3/ubuntu-noble-24.04-${short}-minimal-20261116`,
    '2026-11-16',
  ],
  [
    canonical,
    (short) => `ubuntu/images-testing/hvm-ssd-gp3/ubuntu-noble-daily-${short}-server-20261118`,
    '2026-11-18',
  ],
  [amazon, (_, long) => `al2023-ami-2023.9.20261020.0-kernel-6.1-${long}`, '2026-10-20'],
  [amazon, (_, long) => `al2023-ami-2023.9.20261110.0-kernel-6.1-${long}`, '2026-11-10'],
  [amazon, (_, long) => `al2023-ami-minimal-2023.9.20261117.0-kernel-6.1-${long}`, '2026-11-17'],
  [amazon, (_, long) => `al2023-ami-ecs-hvm-2023.0.20261117-kernel-6.1-${long}`, '2026-11-18'],
  [debian, (short) => `debian-12-${short}-20261103-2283`, '2026-11-03'],
  [debian, (short) => `debian-12-${short}-20261013-2262`, '2026-10-13'],
  [withData, (short) => `ubuntu-with-data-${short}`, '2026-10-01'],
  [
    stranger,
    (short) => `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${short}-server-20261119`,
    '2026-11-19',
  ],
];

/** The public images of a region; their ids differ from region to region. */
export function imagesOf(region: string): Image[] {
  return (['x86_64', 'arm64'] as const).flatMap((architecture) =>
    names.map(([distribution, nameOf, day]) => {
      const name = nameOf(architecture === 'arm64' ? 'arm64' : 'amd64', architecture);
      const digest = createHash('sha256').update(`${region} ${name}`).digest('hex');
      const id = `ami-${digest.slice(0, 17)}`;
      return { ...distribution, id, region, name, architecture, created: `${day}T09:00:00.000Z` };
    }),
  );
}
