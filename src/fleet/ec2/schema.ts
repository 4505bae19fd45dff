import { isIP } from 'node:net';
import { z } from 'zod';
import { parseAddress } from '../../session/ssh/address.ts';
import { ownTags } from './own-tag.ts';
import { absolutePath } from '../../file.ts';
import { connectTimeout } from '../../setting-value.ts';
import type { ConfigPlace } from '../kind.ts';

const text = (what: string) => z.string({ error: `must be ${what}` }).min(1, `must be ${what}`);
const pattern = (expression: RegExp, what: string) =>
  z.string({ error: `must be ${what}` }).regex(expression, `must be ${what}`);

/** A list in the file; on the command line, words with commas between them. */
const list = (expression: RegExp, what: string) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((word) => word.trim()) : value),
    z.array(pattern(expression, what), { error: `must be a list of ${what}` }),
  );

/** A block of addresses, of either kind. */
function isBlock(text: string): boolean {
  const [, address = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const kind = isIP(address);
  return kind !== 0 && Number(prefix) <= (kind === 6 ? 128 : 32);
}

/** What a block of addresses looks like, for editors: `isBlock` is stricter. */
const cidr = /^(\d{1,3}(\.\d{1,3}){3}\/\d{1,2}|[0-9a-f:]+\/\d{1,3})$/i;
const block = 'auto or a CIDR block like 203.0.113.7/32';
const keyLine = /^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( .*)?$/;

/** How instances that have no public address are reached: through a machine that one can log in to. */
const jump = z.strictObject({
  via: text('the machine, like user@host or user@host:2222').superRefine((via, context) => {
    const address = parseAddress(via);
    if ('error' in address) context.addIssue({ code: 'custom', message: address.error });
  }),
  /** Path of a private key; without it the ssh-agent and the usual keys are tried. */
  identity: text('the path of a private key').optional(),
  /** The jump host's public key; without it, what known_hosts says of it. */
  hostKey: pattern(keyLine, 'a public key like "ssh-ed25519 AAAA…"').optional(),
  knownHosts: text('the path of a known_hosts file').optional(),
});

/** The `ec2` part of the configuration. */
export const ec2Schema = z.strictObject({
  region: pattern(/^[a-z]{2,}(-[a-z]+)+-\d+$/, 'a region like eu-west-1')
    .optional()
    .describe('the region to launch in; by default as in the AWS CLI'),
  profile: text('the name of a profile').optional().describe('the AWS profile; by default AWS_PROFILE'),
  image: text('ubuntu-24.04, amazon-linux-2023, debian-12 or an ami-…').describe(
    'ubuntu-24.04, amazon-linux-2023, debian-12 or an ami-…',
  ),
  user: pattern(/^[a-z_][a-z0-9_-]*$/, 'the name of a user')
    .optional()
    .describe('the login user; by default the default user of the image'),
  types: list(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'instance types like c8a.medium')
    .refine((types) => Array.isArray(types) && types.length > 0, {
      error: 'must name at least one instance type',
    })
    .optional()
    .describe(
      'instance types in order of preference; the next one is used when there is no capacity; by default the one with the most hashes per dollar that the region offers',
    ),
  spot: z.boolean({ error: 'must be true or false' }).describe('spot instances instead of on demand'),
  subnets: list(/^subnet-[0-9a-z]+$/, 'subnets like subnet-0abc').describe(
    'by default those of the default VPC',
  ),
  securityGroup: pattern(/^sg-[0-9a-z]+$/, 'a security group like sg-0abc')
    .optional()
    .describe('by default one is created for the run, which allows port 22 from sshFrom only'),
  sshFrom: z
    .union([z.literal('auto'), pattern(cidr, block)])
    .refine((value) => value === 'auto' || isBlock(value), { error: `must be ${block}` })
    .describe('from where port 22 is allowed: auto (the public address of this machine), or a CIDR block'),
  addressLookup: z
    .url({ error: 'must be the URL of a page that returns the address of its caller' })
    .describe('the page that returns that address'),
  connect: z
    .enum(['public', 'private', 'ipv6'], { error: 'must be public, private or ipv6' })
    .describe('the address that instances are reached at: public (IPv4), private or ipv6'),
  jump: jump.optional().describe('the jump host, for instances without a public address'),
  connectTimeout: connectTimeout.optional(),
  tags: ownTags
    .optional()
    .describe('tags for everything that is created, e.g. those that a policy of your organization requires'),
  schedulerRole: pattern(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'the ARN of a role')
    .optional()
    .describe('the role that EventBridge Scheduler assumes to terminate the instances after T as well'),
  instanceProfile: pattern(/^[\w+=,.@:/-]+$/, 'the name or ARN of an instance profile')
    .optional()
    .describe('with it the agents poll the broadcast queue themselves, even when this machine is offline'),
});

/** Settings of the fleet `ec2`, once judged. */
export type Ec2Settings = z.output<typeof ec2Schema> & {
  /** False: ~/.ssh/config is not read for the jump host. */
  readonly sshConfig?: boolean;
};

/** The settings as the fleet takes them: paths absolute, relative ones being relative to the configuration file. */
export function ec2Config(
  settings: z.output<typeof ec2Schema>,
  { directory, env, sshConfig }: ConfigPlace,
): Ec2Settings {
  const { jump } = settings;
  if (!jump) return settings;
  const { identity, knownHosts } = jump;
  return {
    ...settings,
    ...(sshConfig === false && { sshConfig }),
    jump: {
      ...jump,
      ...(identity !== undefined && { identity: absolutePath(identity, directory, env) }),
      ...(knownHosts !== undefined && { knownHosts: absolutePath(knownHosts, directory, env) }),
    },
  };
}

/** What holds where nothing else is said. */
export const ec2Defaults = {
  image: 'ubuntu-24.04',
  spot: false,
  subnets: [],
  sshFrom: 'auto',
  addressLookup: 'https://checkip.amazonaws.com/',
  connect: 'public',
} satisfies Partial<z.input<typeof ec2Schema>>;
