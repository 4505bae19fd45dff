import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ec2Defaults, ec2Schema } from '../../../../src/fleet/ec2/schema.ts';
import { sshSource } from '../../../../src/fleet/ec2/launch/ssh-source.ts';
import { ConnectProxy } from '../../../helper/connect-proxy.ts';

const never = new AbortController().signal;
const asked: string[] = [];
const pages: Readonly<Record<string, (location: string) => [number, string, object?]>> = {
  '/': () => [200, '203.0.113.7\n'],
  '/moved': (location) => [302, '', { location: `${location}/` }],
  '/round': (location) => [302, '', { location: `${location}/round` }],
  '/words': () => [200, 'your address is hidden'],
  '/endless': () => [200, '1'.repeat(1_000_000)],
  '/broken': () => [503, 'try later'],
};
let page: Server;
let proxy: ConnectProxy;

beforeAll(async () => {
  page = createServer(({ url = '', headers }, response) => {
    asked.push(url);
    const [status, text, more = {}] = pages[url]?.(`http://${headers.host}`) ?? [404, ''];
    response.writeHead(status, { ...more }).end(text);
  });
  page.listen(0, '127.0.0.1');
  await once(page, 'listening');
  proxy = await ConnectProxy.start(port());
});
afterEach(() => {
  vi.unstubAllEnvs();
  asked.length = 0;
});
afterAll(() => {
  proxy.stop();
  page.close();
  page.closeAllConnections();
});

const port = (): number => (page.address() as AddressInfo).port;
const source = (path: string): Promise<string> =>
  sshSource(ec2Schema.parse({ ...ec2Defaults, addressLookup: `http://127.0.0.1:${port()}${path}` }), never);

test.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY'])(
  'the look-up of the address never goes through %s, also where Node itself would take it',
  async (name) => {
    vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    expect(await source('/')).toBe('203.0.113.7/32');
    expect(asked).toEqual(['/']);
    expect(proxy.connections).toBe(0);
  },
);

test('where it can only be reached through a proxy, ec2.sshFrom is asked for', async () => {
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`);
  const settings = ec2Schema.parse({ ...ec2Defaults, addressLookup: 'https://127.0.0.1:9/' });
  await expect(sshSource(settings, never)).rejects.toMatchObject({
    code: 'ec2-ssh-from',
    hint: expect.stringContaining('set ec2.sshFrom') as string,
  });
  expect(proxy.connections).toBe(0);
});

test('redirects are followed, for a while', async () => {
  expect(await source('/moved')).toBe('203.0.113.7/32');
  await expect(source('/round')).rejects.toThrow(/it answered 302/);
});

test.each([
  ['/words', /answered 200 and no address/],
  ['/endless', /answered 200 and no address/],
  ['/broken', /it answered 503/],
])('%s is no address', async (path, words) => {
  await expect(source(path)).rejects.toThrow(words);
});
