// What one server that offers only Diffie-Hellman group exchange costs everybody else: ssh2 alone and cnd, side by side. One
// such sshd among others, all connected to at once; then the longest time for which this process did nothing else, and
// seconds until the others, and the one, were logged in. Needs /usr/sbin/sshd; `npm run modules` first.
//
//   node bench/key-exchange.mjs [--others 8] [--rounds 3]
//
// Then what else takes the event loop for long, each measured alone: signatures of a login with keys of several sizes.
import { execFileSync, spawn } from 'node:child_process';
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import ssh2 from 'ssh2';
import { connect } from '../dist-module/session/ssh/connect.js';
import { generateKeyPair } from '../dist-module/session/ssh/key.js';
import { readArguments } from '../script/arguments.mjs';

const { values } = readArguments(import.meta.url, {
  options: {
    others: { type: 'string', default: '8', is: 'whole' },
    rounds: { type: 'string', default: '3', is: 'positive' },
  },
});
const directory = mkdtempSync(join(tmpdir(), 'cnd-bench-'));
const user = userInfo().username;
const [hostKey, loginKey] = [generateKeyPair(), generateKeyPair()];
writeFileSync(join(directory, 'host_key'), hostKey.privateKey, { mode: 0o600 });
writeFileSync(join(directory, 'authorized_keys'), `${loginKey.publicKey}\n`);
if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
const servers = [];

async function sshd(lines) {
  const free = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => void free.once('listening', resolve));
  const { port } = free.address();
  await new Promise((resolve) => void free.close(resolve));
  const file = join(directory, `config-${port}`);
  writeFileSync(
    file,
    [
      ...lines,
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `HostKey ${directory}/host_key`,
      `AuthorizedKeysFile ${directory}/authorized_keys`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      'PidFile none',
      '',
    ].join('\n'),
  );
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  servers.push(child);
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (text) => /listening/.test(text) && resolve());
    child.once('exit', () => reject(new Error('sshd does not start')));
  });
  const { privateKey } = loginKey;
  return { host: '127.0.0.1', port, user, privateKey, hostKeys: [hostKey.publicKey] };
}

const ways = {
  'ssh2 alone': async ({ host, port, privateKey }) =>
    new Promise((resolve, reject) => {
      const client = new ssh2.Client();
      client.on('ready', () => resolve({ close: async () => client.end() })).on('error', reject);
      client.connect({ host, port, username: user, privateKey, readyTimeout: 0 });
    }),
  cnd: async (access) => connect(access, { timeout: 120_000 }),
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const one = await sshd(['KexAlgorithms diffie-hellman-group-exchange-sha256']);
const others = await Promise.all(Array.from({ length: Number(values.others) }, () => sshd([])));
process.stdout.write(
  'client       longest stop, ms   others logged in, s   the one logged in, s   (medians)\n',
);
for (const [name, way] of Object.entries(ways)) {
  const rounds = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1000;
    const log = async (access) => {
      const session = await way(access);
      const at = seconds();
      return { session, at };
    };
    const [slow, ...rest] = await Promise.all([one, ...others].map(log));
    delay.disable();
    rounds.push([delay.max / 1e6, Math.max(...rest.map(({ at }) => at)), slow.at]);
    await Promise.all([slow, ...rest].map(({ session }) => session.close()));
  }
  const [stop, all, last] = [0, 1, 2].map((column) => median(rounds.map((round) => round[column])));
  process.stdout.write(
    `${name.padEnd(13)}${stop.toFixed(0).padStart(16)}${all.toFixed(2).padStart(22)}${last.toFixed(2).padStart(23)}\n`,
  );
}
for (const server of servers) server.kill();
rmSync(directory, { recursive: true });

process.stdout.write('\nsignature of a login, ms on the event loop\n');
const rsa = (bits) => {
  const pem = execFileSync('openssl', ['genrsa', String(bits)], { stdio: ['ignore', 'pipe', 'ignore'] });
  return { key: pem.toString(), padding: constants.RSA_PKCS1_PADDING };
};
const keys = {
  ed25519: { hash: null, key: generateKeyPairSync('ed25519').privateKey },
  'ecdsa-521': { hash: 'sha512', key: generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey },
  ...Object.fromEntries([2048, 4096, 8192].map((bits) => [`rsa-${bits}`, { hash: 'sha512', ...rsa(bits) }])),
};
for (const [name, { hash, ...key }] of Object.entries(keys)) {
  const times = Array.from({ length: 9 }, () => {
    const begin = performance.now();
    sign(hash, Buffer.alloc(500), 'key' in key && 'padding' in key ? key : key.key);
    return performance.now() - begin;
  });
  process.stdout.write(`${name.padEnd(13)}${median(times).toFixed(1).padStart(16)}\n`);
}
