import type { Server } from 'node:http';
import { CndError } from '../../error.ts';
import { codeOf } from '../../file.ts';

/** The loopback addresses, as an address of the web has them. */
const hosts = [
  { address: '127.0.0.1', host: '127.0.0.1' },
  { address: '::1', host: '[::1]' },
] as const;

/**
 * Has servers listen on the loopback addresses that this machine has, all on one port, any free one for 0; nothing else
 * reaches them. Gives each address with its port, `127.0.0.1:8080`.
 * @throws CndError `port-unusable`
 */
export async function listenOnLoopbacks(servers: readonly [Server, Server], port: number): Promise<string[]> {
  const authorities: string[] = [];
  let [chosen, failure]: [number, unknown] = [port, undefined];
  for (const [index, { address, host }] of hosts.entries()) {
    const server = servers[index];
    if (!server) continue;
    try {
      chosen = await listen(server, address, chosen);
      authorities.push(`${host}:${chosen}`);
    } catch (error) {
      failure ??= error;
      // The address that is told must be ours: that of the first that there is.
      if (codeOf(error) !== 'EADDRNOTAVAIL' && codeOf(error) !== 'EAFNOSUPPORT' && authorities.length === 0)
        break;
    }
  }
  if (authorities.length > 0) return authorities;
  const code = codeOf(failure) ?? 'no address';
  throw new CndError('port-unusable', `port ${port} of 127.0.0.1 cannot be listened on: ${code}`, {
    about: String(port),
    hint: 'choose another --port, or omit it: any that is free will do',
    cause: failure,
  });
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: true }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
