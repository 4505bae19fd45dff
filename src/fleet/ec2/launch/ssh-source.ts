import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { CndError, messageOf } from '../../../error.ts';
import type { Ec2Settings } from '../schema.ts';
import { withDeadline } from '../../../wait.ts';
import { parseVia } from '../jump.ts';

/** Milliseconds in which the look-up page must answer. */
const patience = 5000;

/**
 * The block of addresses that SSH is let in from: what the configuration says, or the one address that connections of
 * this machine, or of the jump host, come from.
 * @throws CndError that says what to configure.
 */
export async function sshSource(settings: Ec2Settings, signal: AbortSignal): Promise<string> {
  const { sshFrom, jump, connect, addressLookup } = settings;
  if (sshFrom !== 'auto') return sshFrom;
  if (connect === 'private') {
    throw new CndError('ec2-ssh-from', 'which private address SSH comes from cannot be looked up', {
      about: 'ec2.sshFrom',
      hint: 'set ec2.sshFrom to the block of the address, of this machine or of the jump host, that instances see, e.g. 10.0.0.12/32; or give ec2.securityGroup',
    });
  }
  if (!jump) return block(await askPage(addressLookup, signal));
  const { host } = parseVia(jump.via);
  return block(isIP(host) ? host : (await lookup(host)).address);
}

/** One address as a block. Pure. */
export function block(address: string): string {
  return `${address}/${isIP(address) === 6 ? 128 : 32}`;
}

async function askPage(url: string, signal: AbortSignal): Promise<string> {
  try {
    return await withDeadline(patience, signal, async (signal) => {
      const answer = await fetch(url, { signal });
      const text = (await answer.text()).trim();
      if (answer.ok && isIP(text)) return text;
      throw new Error(`it answered ${answer.status} and no address`);
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new CndError('ec2-ssh-from', `${url} does not tell this machine's address: ${messageOf(error)}`, {
      about: 'ec2.addressLookup',
      hint: 'set ec2.sshFrom in cnd.config.json to your public address, e.g. 203.0.113.7/32, or give ec2.securityGroup',
      cause: error,
    });
  }
}
