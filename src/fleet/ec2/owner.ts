import { createHash } from 'node:crypto';

/** A tag's value has at most 256 characters (EC2 User Guide, "Tag restrictions"). */
const longest = 256;

/**
 * Whose a run is, from the ARN that STS tells of the caller: account and principal. Pure.
 * The session of an assumed role is left out, as tools make it up anew each time (`botocore-session-17`). Where it is the
 * person behind a role that many share it stays: with IAM Identity Center (`assumed-role/AWSReservedSSO_…/alice`), and
 * where it is an address, as identity providers with SAML or OIDC usually have it.
 */
export function ownerOf(arn: string): string {
  const [, account = '', resource = ''] = /^arn:[^:]*:[^:]*:[^:]*:(\d*):(.*)$/.exec(arn) ?? [];
  const [kind = '', name = '', ...rest] = resource.split('/');
  const isPerson = name.startsWith('AWSReservedSSO_') || (rest.at(-1)?.includes('@') ?? false);
  const isShared = kind === 'assumed-role' && !isPerson;
  const principal = isShared ? `${kind}/${name}` : [kind, name, ...rest].filter((part) => part).join('/');
  const owner = `${account}:${principal}`.replace(/[^\p{L}\p{N} +\-=._:/@]/gu, '_');
  if (owner.length <= longest) return owner;
  const digest = createHash('sha256').update(owner).digest('hex').slice(0, 16);
  return `${owner.slice(0, longest - digest.length - 1)}-${digest}`;
}
