import { expect, it } from 'vitest';
import { parseAddress } from '../../../src/session/ssh/address.ts';

it.each([
  ['a', { host: 'a' }],
  ['Alpha.Example', { host: 'alpha.example', written: 'Alpha.Example' }],
  ['me@a', { user: 'me', host: 'a' }],
  ['me@a:2222', { user: 'me', host: 'a', port: 2222 }],
  ['10.0.0.1:65535', { host: '10.0.0.1', port: 65535 }],
  ['me@[::1]:22', { user: 'me', host: '::1', port: 22 }],
  ['[fe80::1%eth0]', { host: 'fe80::1%eth0' }],
  ['me@example.org@a', { user: 'me@example.org', host: 'a' }],
  ['a@b@[::1]:22', { user: 'a@b', host: '::1', port: 22 }],
  [String.raw`DOMAIN\me@a`, { user: String.raw`DOMAIN\me`, host: 'a' }],
])('%s is an address', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

it.each([
  '',
  ' ',
  '@a',
  'me@',
  '@@a',
  '@b@a',
  'a:',
  'a:0',
  'a:65536',
  'a:2x',
  '::1',
  '[::1',
  '[a]',
  '[]',
  'a b',
  'a\n',
  '-a',
  'me@-a',
  '-x@a',
  'a;b',
  '$(a)',
  'a/b',
  "o'a@b",
  'x\u001B@a',
])('%j is none', (text) => {
  expect(parseAddress(text)).toHaveProperty('error');
});
