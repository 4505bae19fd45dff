import { z } from 'zod';
import { connectTimeout } from '../../setting-value.ts';
import { type Address, validateAddress, parseAddress } from '../../session/ssh/address.ts';

/** The path of a file, as it is written: relative ones are relative to the configuration file. */
const path = (what: string) =>
  z.string({ error: `must be the path of ${what}` }).min(1, `must be the path of ${what}`);

const form = 'must be like "user@host:22", or { "host", "port", "user", "identity", "jump" }';

const parts = z.strictObject({
  host: z.string(),
  port: z.union([z.string(), z.number()]).optional(),
  user: z.string().optional(),
  identity: path('a private key').optional(),
});

/** A jump host: as text, or as an object with an identity of its own. */
const jump = z.union([z.string(), parts], { error: form }).transform(read);

/** A machine of the list: as text, or as an object with an identity and a jump host of its own. */
const host = z.union([z.string(), parts.extend({ jump: jump.optional() })], { error: form }).transform(read);

/** The keys of a machine that is written as an object. */
export const hostKeys: readonly string[] = [...Object.keys(parts.shape), 'jump'];

/** An address as text, or its parts and more. */
type Written = string | (z.output<typeof parts> & Extras);
type Extras = { identity?: string | undefined; jump?: z.output<typeof jump> | undefined };

function read(value: Written, context: z.RefinementCtx): Address & Extras {
  const {
    host = '',
    user,
    port,
    identity,
    jump,
  }: Partial<z.output<typeof parts> & Extras> = typeof value === 'string' ? {} : value;
  const address =
    typeof value === 'string'
      ? parseAddress(value)
      : validateAddress({ host, ...(user !== undefined && { user }), ...(port !== undefined && { port }) });
  if ('error' in address) {
    context.addIssue({ code: 'custom', message: address.error });
    return z.NEVER;
  }
  return { ...address, ...(identity !== undefined && { identity }), ...(jump && { jump }) };
}

/** The `hosts` part of the configuration. */
export const hostsSchema = z.strictObject({
  list: z
    .array(host, { error: 'must be a list of hosts, like ["user@a", "user@b:2222"]' })
    .describe('existing machines, like "user@a:22" or { "host", "port", "user", "identity", "jump" }'),
  identityFile: path('a private key').optional().describe('the private key to log in with'),
  agent: z
    .union([z.boolean(), z.string().min(1)], { error: 'must be true, false, or the path of a socket' })
    .optional()
    .describe('whether to ask the ssh-agent, or the path of its socket'),
  jump: jump.optional().describe('the jump host for all of them'),
  connectTimeout: connectTimeout.optional(),
  knownHosts: z
    .union([path('a known_hosts file'), z.array(path('a known_hosts file'))], {
      error: 'must be the path of a known_hosts file, or a list of them',
    })
    .optional()
    .describe('instead of ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts'),
});
