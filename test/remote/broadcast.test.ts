import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Announcement } from '../../src/broadcast/broadcast.ts';
import { messageBody } from '../../src/broadcast/message.ts';
import { SqsBroadcast } from '../../src/broadcast/sqs.ts';
import { createQueue, queueInput, sqsClient } from '../../src/broadcast/sqs-queue.ts';
import { AgentProcess, endless, type Job, type Options } from '../helper/agent.ts';
import { TestAws, awsMissing, keys } from '../helper/aws.ts';
import { Imds } from '../helper/imds.ts';
import { python, remote } from '../helper/kernel.ts';
import { eventually } from '../helper/process.ts';

const { run } = endless;
const agents: AgentProcess[] = [];
const start = (options?: Options, prepare?: (directory: string) => void): AgentProcess => {
  const agent = new AgentProcess(options, prepare);
  agents.push(agent);
  return agent;
};
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.dispose()));
});

// The genesis block: one golden nonce that is known, in a space in which no test finds another.
const merkle = '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a';
const genesis: Announcement = {
  run,
  nonce: 2_083_236_893n,
  digest: '6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000',
  instance: 7,
};
const common: Job = {
  puzzle: {
    scheme: 'bitcoin',
    header: `01000000${'00'.repeat(32)}${merkle}29ab5f49ffff001d00000000`,
    target: `00000000ffff${'00'.repeat(26)}`,
  },
  limit: '4294967296',
  chunk: '10000',
};
/** Just below the golden nonce. */
const lucky = [{ residue: 0, next: '208323' }];
/** Above it. */
const high = [{ residue: 0, next: '300000' }];

it('costs an agent nothing that has none', () => {
  const modules = "{'peers', 'message', 'poll_backoff', 'http.client', 'hmac', 'sigv4', 'ssl'}";
  const program = `import sys; sys.path.insert(0, ${JSON.stringify(remote)}); import agent; print(${modules} & set(sys.modules))`;
  expect(execFileSync(python, ['-S', '-E', '-B', '-c', program], { encoding: 'utf8' })).toBe('set()\n');
});

it('is refused with settings that cannot be understood', async () => {
  for (const broadcast of [
    5,
    { kind: 'pigeon' },
    { kind: 'sqs', queueUrl: '' },
    { kind: 'sqs', queueUrl: 'x', region: 1 },
  ]) {
    const agent = start().job({ broadcast });
    expect((await agent.event('error')).message).toMatch(/^broadcast/);
    expect(await agent.exited).toBe(2);
  }
});

describe.skipIf(awsMissing)('an agent on the broadcast', () => {
  let aws: TestAws;
  let client: SQSClient;
  let imds: Imds;
  let queueUrl: string;

  beforeAll(async () => {
    aws = await TestAws.start();
    client = sqsClient(aws.settings, aws.env);
  });
  afterAll(() => aws?.stop());
  beforeEach(async () => {
    await aws.reset();
    imds = await Imds.start();
    queueUrl = await createQueue(client, queueInput(run, { owner: 'me', expiresAt: new Date() }));
  });
  afterEach(() => imds.stop());

  const broadcast = () => {
    return { kind: 'sqs', queueUrl, region: 'eu-west-1', endpoint: aws.url, imds: imds.url };
  };
  const peer = (job: Job = {}, options?: Options): AgentProcess =>
    start(options).job({ ...common, broadcast: broadcast(), ...job });
  const write = (MessageBody: string) =>
    client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
  const polls = (): number => aws.of('ReceiveMessage').length;
  /** What somebody hears who comes later, when all instances may be gone. */
  const survived = async (): Promise<Announcement> => {
    const { settings, env } = aws;
    const later = new SqsBroadcast({ settings, env, owner: 'me', expiresAt: new Date() });
    await later.open(run, AbortSignal.timeout(10_000));
    const announcement = await new Promise<Announcement>((resolve) => later.listen(resolve));
    await later.close();
    return announcement;
  };

  it('stops its peers when it hits, though no order reaches them', async () => {
    const peers = [peer({ worker: 1 }), peer({ worker: 2, threads: 2 })];
    for (const each of peers) await each.event('ready');
    await eventually('they listen', () => polls() >= 2);
    const finder = peer({ worker: 7, residues: lucky });
    for (const each of peers) {
      expect(await each.event('stopped')).toEqual({ event: 'stopped', reason: 'broadcast' });
      expect(await each.exited).toBe(0);
      const { nonce, digest } = genesis;
      expect(await each.event('hit')).toEqual({ event: 'hit', nonce: `${nonce}`, digest, instance: 7 });
      expect(each.kinds().slice(-3)).toEqual(['hit', 'progress', 'stopped']);
      expect(each.read('syslog')).toMatch(/hit: 2083236893 \w+ received from instance 7/);
    }
    expect(await finder.event('stopped')).toMatchObject({ reason: 'hit' });
    expect(await survived()).toEqual(genesis);
  });

  it('hears what was announced before it came', async () => {
    await write(messageBody(genesis));
    expect(await peer().event('stopped')).toMatchObject({ reason: 'broadcast' });
  });

  it('announces its hit even when SQS is back only after it has stopped', async () => {
    aws.faults.add({ action: 'SendMessage', lost: 'before', times: 1 });
    aws.faults.add({ action: 'SendMessage', error: 'Internal', status: 500, times: 1 });
    const finder = peer({ worker: 7, residues: lucky });
    expect(await finder.event('stopped')).toMatchObject({ reason: 'hit' });
    expect(await finder.exited).toBe(0);
    expect(await survived()).toEqual(genesis);
    await eventually('all of it ended', () => finder.running().length === 0);
  });

  it('takes a hit for a bound when the smallest is looked for', async () => {
    const agent = peer({ smallest: true, residues: high });
    await agent.event('ready');
    await write(messageBody(genesis));
    expect(await agent.event('hit')).toMatchObject({ nonce: '2083236893' });
    await agent.event('idle');
    agent.send({ order: 'stop' });
    expect(await agent.event('stopped')).toMatchObject({ reason: 'order' });
  });

  it('is stopped by nothing that is forged, foreign or nonsense, and counts it', async () => {
    const agent = peer();
    await agent.event('ready');
    const forged = [
      { ...genesis, nonce: genesis.nonce + 1n },
      { ...genesis, digest: '00'.repeat(32) },
      { ...genesis, nonce: 2n ** 32n },
      { ...genesis, run: '20250101-000000-zzzz' },
    ];
    const nonsense = [
      '{',
      'null',
      '[]',
      '{"run":[]}',
      messageBody(genesis).replace('"nonce":"', '"nonce":"+'),
    ];
    for (const body of [...forged.map(messageBody), ...nonsense]) await write(body);
    const before = polls();
    await eventually('all was read, and nothing came of it', () => polls() > before + 2);
    expect(agent.kinds()).not.toContain('stopped');
    agent.send({ order: 'stop' });
    expect(await agent.event('stopped')).toMatchObject({ reason: 'order' });
    expect(agent.kinds()).not.toContain('hit');
    expect(agent.kinds()).not.toContain('error');
    expect(agent.read('syslog')).toContain('broadcast: 9 messages ignored');
  });

  it('hears what lies behind more known messages than SQS gives at once', async () => {
    const nonsense = Array.from({ length: 23 }, (_, count) => `nonsense ${count}`);
    for (const body of nonsense) await write(body);
    const agent = peer();
    await agent.event('ready');
    const before = polls();
    await eventually('what is there is known', () => polls() > before + 2);
    await write(messageBody(genesis));
    const since = performance.now();
    expect(await agent.event('stopped')).toMatchObject({ reason: 'broadcast' });
    expect(performance.now() - since).toBeLessThan(5000);
  });

  it('does not ask without end for what stays on the queue', async () => {
    const agent = peer({ smallest: true, residues: high });
    await write(messageBody(genesis));
    await agent.event('hit');
    const [before, since] = [polls(), performance.now()];
    await eventually('some polls', () => polls() > before + 4);
    expect(performance.now() - since).toBeGreaterThan(1000);
  });

  describe('without SQS', () => {
    const errors = (agent: AgentProcess): string[] =>
      agent.events.filter(({ event }) => event === 'error').map(({ message }) => String(message));

    it.each<[string, () => object, RegExp]>([
      ['nobody is there', () => ({ endpoint: 'http://127.0.0.1:9' }), /: Connection refused; retrying/],
      [
        'the instance has no metadata',
        () => ({ imds: 'http://127.0.0.1:9' }),
        /: Connection refused; retrying/,
      ],
      ['the instance has no role', () => ((imds.role = false), {}), /: the instance has no role; retrying/],
      [
        'the role may not',
        () => (aws.faults.add({ service: 'sqs', error: 'Denied', status: 400 }), {}),
        /: SQS answers 400 AccessDeniedException to (ReceiveMessage|SendMessage); retrying/,
      ],
      [
        'the signature is wrong',
        () => ((imds.credentials = { ...keys.role, secret: 'another' }), {}),
        /: SQS answers 403 InvalidSignatureException to/,
      ],
    ])('a warning is all that changes: %s', async (_, arrange, words) => {
      const agent = peer({ broadcast: { ...broadcast(), ...arrange() } });
      await agent.event('error');
      await agent.event('progress');
      expect(errors(agent)).toEqual([expect.stringMatching(/^broadcast: listening: /) as string]);
      expect(errors(agent)[0]).toMatch(words);
      agent.send({ order: 'stop' });
      expect(await agent.event('stopped')).toMatchObject({ reason: 'order' });
      expect(await agent.exited).toBe(0);
      await eventually('its helper ended', () => agent.running().length === 0);
    });

    it('finds its hit all the same', async () => {
      const agent = peer({ residues: lucky, broadcast: { ...broadcast(), endpoint: 'http://127.0.0.1:9' } });
      expect(await agent.event('stopped')).toMatchObject({ reason: 'hit' });
      expect(await agent.exited).toBe(0);
    });

    it('hears again once it can', async () => {
      const heal = aws.faults.add({ action: 'ReceiveMessage', error: 'Throttled' });
      const agent = peer();
      await agent.event('error');
      heal();
      await write(messageBody(genesis));
      expect(await agent.event('stopped')).toMatchObject({ reason: 'broadcast' });
      expect(errors(agent)).toHaveLength(1);
      expect(agent.read('syslog')).toContain('broadcast: listening works again');
    });

    it('a helper that breaks costs the broadcast only', async () => {
      const agent = start({}, (directory) =>
        writeFileSync(join(directory, 'broadcast.py'), 'raise SystemExit(3)'),
      );
      agent.job({ ...common, residues: lucky, broadcast: broadcast() });
      expect(await agent.event('stopped')).toMatchObject({ reason: 'hit' });
      expect(errors(agent).every((message) => message.startsWith('broadcast: ended with exit code 3'))).toBe(
        true,
      );
    });
  });

  it('gets new credentials when those it has are refused', async () => {
    aws.faults.add({ action: 'ReceiveMessage', error: 'Expired', status: 400, times: 1 });
    const agent = peer();
    await write(messageBody(genesis));
    expect(await agent.event('stopped')).toMatchObject({ reason: 'broadcast' });
    expect(imds.asked.filter((request) => request.endsWith('/cnd-agent'))).toHaveLength(2);
  });

  it('tells its credentials to nobody but SQS', async () => {
    aws.faults.add({ action: 'ReceiveMessage', error: 'BadSignature', message: keys.role.token, times: 1 });
    const agent = peer();
    expect(await agent.event('error')).toMatchObject({
      message: expect.stringContaining('InvalidSignature') as string,
    });
    const processes = agent.running().map((pid) => {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1') + readFileSync(`/proc/${pid}/environ`, 'latin1');
    });
    await write(messageBody(genesis));
    await agent.exited;
    const files = readdirSync(agent.directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => /syslog|spool|agent\.log|^record/.test(name))
      .map((name) => agent.read(name));
    const said = [...processes, ...files, JSON.stringify(agent.events), agent.stderr].join('\n');
    expect(said).toContain(`${genesis.nonce}`);
    for (const secret of [keys.role.secret, keys.role.token, keys.role.key])
      expect(said).not.toContain(secret);
  });

  it('gives its credentials over TLS only to whom it can verify', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cnd-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ];
    const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', [...request, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const tokens: unknown[] = [];
    const server = createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      ({ headers }, response) => {
        tokens.push(headers['x-amz-security-token']);
        response.end('{}');
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const stranger = peer({ broadcast: { ...broadcast(), endpoint } });
      expect((await stranger.event('error')).message).toMatch(
        /^broadcast: listening: .*certificate verify failed/i,
      );
      expect(tokens).toEqual([]);
      peer({ broadcast: { ...broadcast(), endpoint } }, { env: { SSL_CERT_FILE: cert } });
      await eventually('a signed request', () => tokens.includes(keys.role.token));
    } finally {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    }
  });

  describe('its helper', () => {
    const helper = (agent: AgentProcess): number[] =>
      agent
        .running()
        .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('broadcast.py'));

    it('dies with an agent that is killed', async () => {
      const agent = peer();
      await eventually('it listens', () => polls() > 0);
      expect(helper(agent)).toHaveLength(1);
      agent.child.kill('SIGKILL');
      await eventually('all of it is gone', () => agent.running().length === 0);
    });

    it('ends by itself when the agent hangs beyond its deadline', async () => {
      const agent = peer({ seconds: 1 });
      await eventually('it listens', () => polls() > 0);
      agent.child.kill('SIGSTOP');
      await eventually('it is gone', () => helper(agent).length === 0);
      agent.child.kill('SIGCONT');
      expect(await agent.event('stopped')).toMatchObject({ reason: 'deadline' });
    });
  });
});
