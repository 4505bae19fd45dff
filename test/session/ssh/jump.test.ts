import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../src/session/ssh/connect.ts';
import { waitUntilReady } from '../../../src/session/ssh/readiness.ts';
import { CountingProxy } from '../../helper/counting-proxy.ts';
import { freePort, tcpServer, TestSshServer } from '../../helper/ssh-server.ts';
import { hasSshd, Sshd } from '../../helper/sshd.ts';

describe.runIf(hasSshd())('one connection to a jump host', () => {
  let target: Sshd;
  let gate: Sshd;
  beforeAll(async () => {
    target = await Sshd.start();
    gate = await Sshd.start(['MaxStartups 1:100:1']);
  });
  afterAll(async () => {
    await target.stop();
    await gate.stop();
  });

  const through = async (limit?: number) => {
    const proxy = await CountingProxy.start(gate.access, limit);
    onTestFinished(() => proxy.stop());
    return { proxy, access: { ...target.access, jump: proxy.access } };
  };
  const many = 12;

  it('carries all that go through it, is closed with the last, and is made again once when it is lost', async () => {
    // As `ufw limit` has it: the seventh connection would be dropped.
    const { proxy, access } = await through(6);
    const all = () => Promise.all(Array.from({ length: many }, () => waitUntilReady(access)));
    const sessions = await all();
    expect(proxy.connections).toBe(1);
    await Promise.all(sessions.map((session) => session.run('true')));
    proxy.cut();
    const reasons = await Promise.all(sessions.map((session) => session.closed));
    expect(new Set(reasons.map((reason) => reason?.code))).toEqual(new Set(['session-lost']));
    const again = await all();
    expect(proxy.connections).toBe(2);
    await again.pop()?.close();
    await again[0]?.run('true');
    await Promise.all(again.map((session) => session.close()));
    await expect.poll(() => proxy.open).toBe(0);
  });

  it('outlasts attempts that fail behind it', async () => {
    const { proxy, access } = await through();
    const port = await freePort();
    let server: TestSshServer | undefined;
    onTestFinished(async () => server?.stop());
    let refused = 0;
    const served = await TestSshServer.start();
    await served.stop();
    const { hostKey, loginKey } = served;
    const machine = { ...served.access, port, jump: access.jump };
    const ready = waitUntilReady(machine, {
      onWait: (cause) => {
        refused += cause === 'refused' ? 1 : 0;
        void TestSshServer.start({ hostKey, loginKey, port }).then((started) => (server = started));
      },
    });
    await (await ready).close();
    expect({ refused, connections: proxy.connections }).toEqual({ refused: 1, connections: 1 });
  });

  it('is asked for ever more rarely while it drops connections, however many wait for it', async () => {
    let connections = 0;
    const dropping = await tcpServer((socket) => {
      connections += 1;
      socket.resetAndDestroy();
    });
    onTestFinished(() => dropping.stop());
    const access = { ...target.access, jump: { ...gate.access, port: dropping.port } };
    const waits = Array.from({ length: many }, () => waitUntilReady(access, { timeout: 3000 }));
    const ends = await Promise.allSettled(waits);
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(['rejected']));
    // 0.2, 0.4, 0.8 … s between them, a quarter less at the least; before, each of those that waited came by itself.
    expect(connections).toBeGreaterThan(1);
    expect(connections).toBeLessThanOrEqual(6);
  });

  it('serves nobody whose login differs', async () => {
    const { proxy, access } = await through();
    const other = { ...access, jump: { ...access.jump, user: 'nobody-here' } };
    const session = await connect(access);
    await expect(connect(other)).rejects.toMatchObject({ code: 'ssh-login' });
    expect(proxy.connections).toBe(2);
    await session.close();
  });
});

it('a server whose causes alternate is left alone ever longer', async () => {
  let connections = 0;
  const server = await tcpServer((socket) => {
    connections += 1;
    // Dropped, or never answered, in turns.
    if (connections % 2 === 0) socket.resetAndDestroy();
  });
  onTestFinished(() => server.stop());
  const machine = await TestSshServer.start();
  onTestFinished(() => machine.stop());
  const access = { ...machine.access, port: server.port };
  const causes: string[] = [];
  const ready = waitUntilReady(access, {
    connectTimeout: 20,
    timeout: 3000,
    onWait: (cause) => causes.push(cause),
  });
  await expect(ready).rejects.toMatchObject({ code: 'ssh-not-ready' });
  expect(new Set(causes)).toEqual(new Set(['silent', 'closed-early']));
  // 50 ms, 80, 128 … between them; before, 50 each time: about 40.
  expect(connections).toBeLessThanOrEqual(12);
});

it('a login that takes longer than a step may is waited for, and told', async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const server = await TestSshServer.start({ gate });
  onTestFinished(() => server.stop());
  const told: string[] = [];
  const session = await waitUntilReady(server.access, {
    connectTimeout: 100,
    onWait: (cause, words) => {
      told.push(`${cause}: ${words}`);
      open();
    },
  });
  expect(told).toEqual([expect.stringMatching(/^timeout: the login of worker on port \d+ does not end/)]);
  expect(server.connections).toBe(1);
  await session.close();
  const never = await TestSshServer.start({ gate: new Promise(() => {}) });
  onTestFinished(() => never.stop());
  const late = connect(never.access, { timeout: 5000, loginTimeout: 100 });
  await expect(late).rejects.toMatchObject({ code: 'ssh-timeout', hint: expect.stringContaining('PAM') });
});
