import { isIP } from 'node:net';
import { CndError, messageOf } from '../../../error.ts';
import type { Ec2Settings } from '../schema.ts';
import { unlessAborted, withDeadline } from '../../../wait.ts';
import { lookUpAddresses } from '../../../resolver.ts';
import { readPage } from './address-page.ts';
import { jumpPlace } from '../jump.ts';

/** Milliseconds in which the look-up page must answer. */
const timeout = 5000;

/**
 * The block of addresses that SSH is allowed from: what the configuration says, or the one address that connections of
 * this machine, or of the jump host, come from.
 * @throws CndError that says what to configure.
 */
export async function sshSource(settings: Ec2Settings, signal: AbortSignal): Promise<string> {
  const { sshFrom, jump, connect, addressLookup } = settings;
  if (sshFrom !== 'auto') return ofKind(sshFrom, connect, 'ec2.sshFrom');
  if (connect === 'private') {
    const message =
      'the private source address of SSH cannot be looked up: ec2.connect private needs ec2.sshFrom';
    throw new CndError('ec2-ssh-from', message, {
      about: 'ec2.sshFrom',
      hint: 'set ec2.sshFrom to the CIDR block of the address of this machine, or of the jump host, as instances see it, e.g. 10.0.0.12/32; or set ec2.securityGroup',
    });
  }
  if (!jump) return ofKind(block(await askPage(addressLookup, signal)), connect, addressLookup);
  const { host } = jumpPlace({ ...settings, jump }, process.env);
  return ofKind(block(await addressOf(host, connect, signal)), connect, 'ec2.jump.via');
}

/** The address of the jump host. @throws CndError when its name cannot be looked up in time. */
async function addressOf(
  host: string,
  connect: Ec2Settings['connect'],
  signal: AbortSignal,
): Promise<string> {
  if (isIP(host)) return host;
  try {
    const addresses = await withDeadline(timeout, signal, (deadline) =>
      unlessAborted(lookUpAddresses(host), deadline),
    );
    const family = connect === 'ipv6' ? 6 : 4;
    const found = addresses.find((address) => address.family === family);
    if (!found) throw new Error(`it has no IPv${family} address`);
    return found.address;
  } catch (error) {
    signal.throwIfAborted();
    throw new CndError(
      'ec2-jump-name',
      `the address of the jump host ${host} cannot be looked up: ${messageOf(error)}`,
      {
        about: 'ec2.jump.via',
        hint: 'check the name and the resolver (/etc/resolv.conf), or give its address; or set ec2.sshFrom',
        cause: error,
      },
    );
  }
}

/** The block, if it is of the kind of addresses that instances are reached at: no other would ever be let in. @throws CndError */
function ofKind(source: string, connect: Ec2Settings['connect'], origin: string): string {
  const isIpv6 = source.includes(':');
  if (isIpv6 === (connect === 'ipv6')) return source;
  const [has, wants] = isIpv6 ? ['an IPv6', 'IPv4'] : ['an IPv4', 'IPv6'];
  const message = `SSH would be allowed from ${source} (${origin}), ${has} address, but connects to ${wants} addresses of instances (ec2.connect: ${connect})`;
  throw new CndError('ec2-ssh-from', message, {
    about: 'ec2.sshFrom',
    hint: isIpv6
      ? 'set ec2.connect to ipv6 where the subnets have IPv6 addresses; or ec2.sshFrom to your public IPv4 address, e.g. 203.0.113.7/32'
      : 'set ec2.sshFrom to your IPv6 address, e.g. 2001:db8::7/128, or ec2.connect to public',
  });
}

/** One address as a block. Pure. */
export function block(address: string): string {
  return `${address}/${isIP(address) === 6 ? 128 : 32}`;
}

async function askPage(url: string, signal: AbortSignal): Promise<string> {
  try {
    return await withDeadline(timeout, signal, async (signal) => {
      const text = await readPage(url, signal);
      if (isIP(text)) return text;
      throw new Error('it answered 200 and no address');
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new CndError(
      'ec2-ssh-from',
      `${url} did not return the address of this machine: ${messageOf(error)}`,
      {
        about: 'ec2.addressLookup',
        hint: 'set ec2.sshFrom in cnd.config.json to your public address, e.g. 203.0.113.7/32, or set ec2.securityGroup',
        cause: error,
      },
    );
  }
}
