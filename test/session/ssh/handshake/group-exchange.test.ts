import { createDiffieHellman, createDiffieHellmanGroup } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../../src/session/ssh/connect.ts';
import { GroupKey } from '../../../../src/session/ssh/handshake/group-exchange.ts';
import { hasSshd, Sshd } from '../../../helper/sshd.ts';

/** Safe primes that OpenSSL does not know, as OpenSSH's server has them: it would test them for seconds. */
const moduli = hasSshd() ? readModuli() : [];

function readModuli(): { size: number; generator: Buffer; prime: Buffer }[] {
  const known = new Map<number, { size: number; generator: Buffer; prime: Buffer }>();
  for (const line of readFileSync('/etc/ssh/moduli', 'utf8').split('\n')) {
    const [, , , , size, generator, prime] = line.split(' ');
    if (generator === undefined || prime === undefined || !/^[0-9A-F]{500,}$/.test(prime)) continue;
    const bits = Number(size) + 1;
    known.set(bits, {
      size: bits,
      generator: Buffer.of(Number(generator)),
      prime: Buffer.from(prime, 'hex'),
    });
  }
  return [...known.values()];
}

describe('GroupKey', () => {
  it.each(['modp14', 'modp15', 'modp16', 'modp18'])('agrees with node:crypto in %s', (name) => {
    const theirs = createDiffieHellmanGroup(name);
    theirs.generateKeys();
    const mine = new GroupKey(theirs.getPrime(), theirs.getGenerator());
    const secret = mine.computeSecret(theirs.getPublicKey());
    expect(secret.equals(theirs.computeSecret(mine.publicKey))).toBe(true);
  });

  it.each(moduli)('agrees with itself in a group of $size bits from a server', ({ prime, generator }) => {
    // As on the wire: a number with a leading zero.
    const mpint = Buffer.concat([Buffer.of(0), prime]);
    const [one, other] = [new GroupKey(mpint, generator), new GroupKey(mpint, generator)];
    expect(one.publicKey.equals(other.publicKey)).toBe(false);
    expect(one.computeSecret(other.publicKey).equals(other.computeSecret(one.publicKey))).toBe(true);
  });

  const { prime, generator } = {
    prime: createDiffieHellmanGroup('modp14').getPrime(),
    generator: Buffer.of(2),
  };
  const less = (bytes: Buffer, by: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[copy.length - 1] = (copy.at(-1) ?? 0) - by;
    return copy;
  };

  it.each([
    ['too small', createDiffieHellmanGroup('modp5').getPrime(), generator],
    ['too large', Buffer.concat([Buffer.of(1), Buffer.alloc(1024, 1)]), generator],
    ['even', less(prime, 1), generator],
    ['with the generator 1', prime, Buffer.of(1)],
    ['with the generator p - 1', prime, less(prime, 1)],
    ['empty', Buffer.alloc(0), generator],
  ])('refuses a group that is %s', (_, group, by) => {
    expect(() => new GroupKey(group, by)).toThrow(/Diffie-Hellman group/);
  });

  it.each([
    ['0', Buffer.of(0)],
    ['1', Buffer.of(1)],
    ['p - 1', less(prime, 1)],
    ['p', prime],
  ])('refuses the public key %s', (_, key) => {
    expect(() => new GroupKey(prime, generator).computeSecret(key)).toThrow(/public key/);
  });
});

describe.runIf(hasSshd())('a server that offers nothing but group exchange', () => {
  it('does not stop this process to test its prime, neither at the login nor when keys are renewed', async () => {
    const sshd = await Sshd.start([
      'KexAlgorithms diffie-hellman-group-exchange-sha256',
      'RekeyLimit 500K none',
    ]);
    onTestFinished(() => sshd.stop());
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const session = await connect(sshd.access);
    onTestFinished(() => session.close());
    const { stdout } = await session.run('cat', { stdin: Buffer.alloc(1_000_000, 'x') });
    delay.disable();
    expect(stdout.length).toBe(1_000_000);
    // What the server gives for the ciphers that are agreed on; how long ssh2 alone would have stood still, each time.
    const { prime, generator } = moduli.find(({ size }) => size === 3072) ?? {};
    if (!prime || !generator) throw new Error('there is no group of 3072 bits');
    const begin = performance.now();
    createDiffieHellman(prime, generator);
    expect(delay.max / 1e6).toBeLessThan((performance.now() - begin) / 3);
  });
});
