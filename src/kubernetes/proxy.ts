import { BlockList, isIP } from 'node:net';

/**
 * The proxy that kubectl reaches an API server by, where the kubeconfig names none: HTTPS_PROXY, unless NO_PROXY exempts the host
 * (Go's golang.org/x/net/http/httpproxy, whose rules these are: capitals first, and never a proxy to this machine). Pure.
 */
export function environmentProxy(server: string, env: NodeJS.ProcessEnv): string | undefined {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (!url) return undefined;
  const name = url.protocol === 'http:' ? 'HTTP_PROXY' : 'HTTPS_PROXY';
  const proxy = env[name] || env[name.toLowerCase()];
  const exempt = env['NO_PROXY'] || env['no_proxy'] || '';
  if (!proxy || isExempt(url, exempt)) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isExempt(url: URL, exempt: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  if (host === 'localhost' || isIn(host, '127.0.0.0/8') || host === '::1') return true;
  return exempt
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => {
      if (entry === '') return false;
      if (entry === '*') return true;
      if (entry.includes('/')) return isIn(host, entry);
      const [, name = '', only] =
        /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
      if (only !== undefined && only !== port) return false;
      if (isIP(name)) return name === host;
      // `.example.com` and `*.example.com` are below it alone, `example.com` is itself as well.
      const below = name.replace(/^\*?\./, '');
      return host.endsWith(`.${below}`) || (below === name && host === name);
    });
}

/** Whether an address is in a network such as `10.0.0.0/8`. */
function isIn(host: string, network: string): boolean {
  const [address = '', length = ''] = network.split('/');
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4');
  if (!isIP(host) || !isIP(address) || family(host) !== family(address)) return false;
  const bits = Number(length);
  if (!/^\d{1,3}$/.test(length) || bits > (isIP(address) === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(address, bits, family(address));
  return list.check(host, family(host));
}
