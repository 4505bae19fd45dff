import { type Socket, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { livePage } from '../../../src/view/web/live-page.ts';
import { LiveReport } from '../../../src/view/web/live-report.ts';
import { WebServer } from '../../../src/view/web/server.ts';
import { eventually } from '../../helper/process.ts';
import { syntheticEvents, syntheticId } from '../report/synthetic.ts';
import { type Answered, type ServedAddress, addressOf, ask, follow } from './served.ts';

const events = syntheticEvents({ instances: 4, ending: 'found', seconds: 30 });
const isEnd = ({ event }: { event: string }): boolean => event === 'run.ended';
const start = Date.parse('2026-11-20T08:11:03.000Z');

let live: LiveReport;
let server: WebServer;
let at: ServedAddress;
let scrams: ((words: string) => void)[];
beforeEach(async () => {
  scrams = [];
  live = await LiveReport.open(syntheticId, start);
  for (const event of events.filter((one) => !isEnd(one))) live.tell(event);
  server = new WebServer(live, () => new Promise((resolve) => scrams.push(resolve)));
  at = addressOf(await server.listen(0));
});
afterEach(() => server.close('over'));

const own = (): Record<string, string> => ({ Origin: at.origin, 'X-Cnd-Token': at.token });

/** What every answer of ours must say and must not say. */
function expectClosed({ headers }: Answered): void {
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': expect.stringMatching(
      /^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    ),
  });
}

test('the page is loaded without a token, and tells nothing of the run', async () => {
  const page = await ask(at, at.path);
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
  expectClosed(page);
  expect(at.path).toBe('/');
  expect(at.token).toMatch(/^[\w-]{22}$/);
  for (const never of [at.token, syntheticId]) expect(page.body).not.toContain(never);
  expect(page.body).toBe(livePage);
  // The other loopback address is served as well, under its own name only.
  const headers = { Host: `[::1]:${at.port}` };
  const other = await ask(at, at.path, { to: '::1', headers }).catch(() => undefined);
  if (other) expect(other.status).toBe(200);
});

describe('refuses', () => {
  test.each<[string, (port: number) => Record<string, string | string[]>]>([
    ['another name of this machine', (port) => ({ Host: `localhost:${port}` })],
    ['a name that was made to lead here', (port) => ({ Host: `evil.example:${port}` })],
    ['no port', () => ({ Host: '127.0.0.1' })],
    ['another port', (port) => ({ Host: `127.0.0.1:${port + 1}` })],
    ['another spelling', (port) => ({ Host: `127.1:${port}` })],
    ['user and host', (port) => ({ Host: `a@127.0.0.1:${port}` })],
    ['another origin', () => ({ Origin: 'http://evil.example' })],
    ['an origin without a name', () => ({ Origin: 'null' })],
    ['another scheme', (port) => ({ Origin: `https://127.0.0.1:${port}` })],
    ['the other address', (port) => ({ Origin: `http://[::1]:${port}` })],
    ['a longer origin', (port) => ({ Origin: `http://127.0.0.1:${port}.evil.example` })],
  ])('%s, whatever is asked for', async (_, headers) => {
    const given = { ...own(), ...headers(at.port) };
    for (const [path, method] of [
      [at.path, 'GET'],
      ['/updates', 'POST'],
      ['/scram', 'POST'],
      ['/nothing', 'GET'],
    ] as const) {
      const answer = await ask(at, path, { method, headers: given });
      expect({ path, status: answer.status }).toEqual({ path, status: 403 });
      expectClosed(answer);
    }
    expect(scrams).toEqual([]);
  });

  test('two hosts', async () => {
    const socket = connect(at.port, '127.0.0.1');
    let said = '';
    socket.on('data', (text) => (said += text.toString()));
    socket.write(`GET ${at.path} HTTP/1.1\r\nHost: ${at.host}\r\nHost: evil.example\r\n\r\n`);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(said).toMatch(/^HTTP\/1\.1 40[03] /);
  });

  test.each<[string, Record<string, string | undefined>]>([
    ['no origin', { Origin: undefined }],
    ['no token', { 'X-Cnd-Token': undefined }],
    ['an empty one', { 'X-Cnd-Token': '' }],
    ['another', { 'X-Cnd-Token': 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['a page of another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a page of another port', { 'Sec-Fetch-Site': 'same-site' }],
  ])('%s', async (_, change) => {
    const headers = Object.fromEntries(
      Object.entries({ ...own(), ...change }).filter(([, value]) => value !== undefined),
    );
    expect((await ask(at, '/updates', { method: 'POST', headers })).status).toBe(403);
    expect((await ask(at, '/scram', { method: 'POST', headers })).status).toBe(403);
    expect(scrams).toEqual([]);
  });

  test('a token or an origin that is given twice, a part of a token', async () => {
    for (const path of ['/updates', '/scram'])
      for (const change of [
        { 'X-Cnd-Token': [at.token, at.token] },
        { 'X-Cnd-Token': at.token.slice(0, -1) },
        { Origin: [at.origin, at.origin] },
      ]) {
        const { status } = await ask(at, path, { method: 'POST', headers: { ...own(), ...change } });
        expect({ path, change, status }).toEqual({ path, change, status: 403 });
      }
    expect(scrams).toEqual([]);
  });

  test('other paths, and other methods with what there is', async () => {
    for (const path of [
      '//',
      '/?',
      '/favicon.ico',
      '/updates/',
      '/__proto__',
      `${at.origin}/`,
      `/${at.token}`,
    ])
      expect({ path, status: (await ask(at, path, { headers: own() })).status }).toEqual({
        path,
        status: 404,
      });
    for (const [path, allow] of [
      [at.path, 'GET'],
      ['/updates', 'POST'],
      ['/scram', 'POST'],
    ] as const)
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
        if (method === allow) continue;
        const answer = await ask(at, path, { method, headers: own() });
        expect({ path, method, status: answer.status }).toEqual({ path, method, status: 405 });
        expect(answer.headers.allow).toBe(allow);
        expectClosed(answer);
      }
    expect(scrams).toEqual([]);
  });

  test('what is no HTTP, and heads that are too long', async () => {
    const said = async (text: string): Promise<string> => {
      const socket = connect(at.port, '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString())).on('error', () => {});
      socket.write(text);
      await new Promise((resolve) => socket.once('close', resolve));
      return answer;
    };
    expect(await said('\u0016\u0003\u0001 hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await said(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await ask(at, at.path)).status).toBe(200);
  });
});

describe('who has the token', () => {
  test('is sent the report, then what changes of it, and at last how the run ended', async () => {
    const reader = follow(at);
    await eventually('the report', () => reader.messages.length > 0);
    expect(reader.messages[0]?.run).toBe(syntheticId);
    expect(reader.messages[0]?.parts?.['heading']).toContain('Running: ');
    expect(reader.messages[0]?.parts?.['settings']).not.toContain('It lacks');
    const names = Object.keys(reader.messages[0]?.parts ?? {});
    expect(names).toEqual(
      'heading result timeline rate probability share coverage cost faults instances machines settings again footer'.split(
        ' ',
      ),
    );
    live.tell({
      event: 'warning',
      time: new Date(start + 60_000).toISOString(),
      run: syntheticId,
      message: 'a <b>new</b> one',
    });
    const changed = await eventually('the change', () =>
      reader.messages.slice(1).find(({ parts }) => parts?.['faults'] !== undefined),
    );
    expect(changed.parts?.['faults']).toContain('a &lt;b&gt;new&lt;/b&gt; one');
    expect(changed.parts).not.toHaveProperty('settings');
    const ending = events.find(isEnd);
    if (ending) live.tell(ending);
    await server.close('The run has ended.');
    await reader.ended;
    const last = reader.messages.at(-1);
    expect(last).toMatchObject({ state: 'The run has ended.', over: true });
    expect(last?.parts?.['heading']).toContain('Golden nonce found');
    await expect(ask(at, at.path)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('ends the run by one POST, and learns what became of it', async () => {
    const reader = follow(at);
    await reader.status;
    const scram = () => ask(at, '/scram', { method: 'POST', headers: own() });
    expect((await scram()).status).toBe(202);
    expect((await scram()).status).toBe(409);
    expect(scrams.length).toBe(1);
    scrams[0]?.('Everything of this run is terminated.');
    await eventually('the words', () =>
      reader.messages.some(({ state }) => state === 'Everything of this run is terminated.'),
    );
    expect((await scram()).status).toBe(202);
    scrams[1]?.('again');
    reader.leave();
  });
});

test('connections that say nothing keep nobody out, and readers are as many as there may be', async () => {
  const silent: Socket[] = [];
  let closed = 0;
  const flood = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const socket = connect(at.port, '127.0.0.1');
      socket.on('error', () => {}).on('close', () => closed++);
      silent.push(socket.resume());
    }
  };
  flood(300);
  await eventually('the oldest are cut', () => closed >= 300 - 64);
  expect((await ask(at, at.path)).status).toBe(200);
  const readers = Array.from({ length: 8 }, () => follow(at));
  for (const { status } of readers) expect(await status).toBe(200);
  const late = follow(at);
  expect(await late.status).toBe(503);
  // A flood does not cut those who follow.
  flood(100);
  await eventually('the report', () => (readers[0]?.messages.length ?? 0) > 0);
  const told = readers[0]?.messages.length ?? 0;
  live.tell({
    event: 'warning',
    time: new Date(start + 60_000).toISOString(),
    run: syntheticId,
    message: 'new',
  });
  await eventually('they are told more', () => (readers[0]?.messages.length ?? 0) > told);
  for (const { leave } of readers) leave();
  const again = await eventually('a place', async () => {
    const reader = follow(at);
    if ((await reader.status) === 200) return reader;
    reader.leave();
    return undefined;
  });
  again.leave();
  for (const socket of silent) socket.destroy();
}, 60_000);
