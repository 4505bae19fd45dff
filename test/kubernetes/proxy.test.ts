import { expect, test } from 'vitest';
import { environmentProxy } from '../../src/kubernetes/proxy.ts';

const of = (server: string, noProxy = '') =>
  environmentProxy(server, {
    HTTPS_PROXY: 'proxy.example:3128',
    HTTP_PROXY: 'http://plain:80',
    NO_PROXY: noProxy,
  });

test.each([
  ['https://10.1.2.3:6443', '', 'http://proxy.example:3128'],
  ['http://10.1.2.3:6443', '', 'http://plain:80'],
  ['https://api.example.com', 'example.org,.example.net', 'http://proxy.example:3128'],
  ['https://api.example.com', 'example.com', undefined],
  ['https://example.com', 'example.com', undefined],
  ['https://example.com', '.example.com', 'http://proxy.example:3128'],
  ['https://api.example.com', '*.example.com', undefined],
  ['https://notexample.com', 'example.com', 'http://proxy.example:3128'],
  ['https://api.example.com:6443', 'example.com:443', 'http://proxy.example:3128'],
  ['https://api.example.com:6443', 'example.com:6443', undefined],
  ['https://10.1.2.3', '10.0.0.0/8', undefined],
  ['https://11.1.2.3', '10.0.0.0/8,10.1.2.3', 'http://proxy.example:3128'],
  ['https://10.1.2.3', '10.1.2.3', undefined],
  ['https://[fd00::1]:6443', 'fd00::/8', undefined],
  ['https://[fd00::1]:6443', 'fd00::1', undefined],
  ['https://[fd00::1]:6443', '10.0.0.0/8,x/8,fd00::/999', 'http://proxy.example:3128'],
  ['https://api.example.com', ' * ', undefined],
  ['https://127.0.0.1:6443', '', undefined],
  ['https://localhost:6443', '', undefined],
  ['not an address', '', undefined],
])('%s with NO_PROXY=%s is reached by %s', (server, noProxy, proxy) => {
  expect(of(server, noProxy)).toBe(proxy);
});

test('without a proxy in the environment there is none', () => {
  expect(environmentProxy('https://api.example.com', {})).toBeUndefined();
  expect(environmentProxy('https://api.example.com', { https_proxy: 'http://p:1' })).toBe('http://p:1');
});
