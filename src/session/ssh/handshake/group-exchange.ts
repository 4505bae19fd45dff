import {
  type KeyObject,
  createPrivateKey,
  createPublicKey,
  diffieHellman as agree,
  randomBytes,
} from 'node:crypto';
import type { Client } from 'ssh2';

/** Bits that a server's group may have (RFC 8270, and what OpenSSH's client takes). */
const primeBits = { least: 2048, most: 8192 };

/** Bits of the private exponent: twice the strength of the longest key that is made from the secret, as in OpenSSH. */
const exponentBits = 512;

/**
 * Keeps Diffie-Hellman group exchange from stopping this process: ssh2 gives the group that a server sends to node:crypto's
 * createDiffieHellman, which tests synchronously that it is a safe prime: 0.9 s for 2048 bits and 66 s for 8192. OpenSSH's
 * client makes no such test. The host key's signature covers the group, so nobody but the server can have chosen it, and
 * a server that wants to give away what it is told can do so anyway.
 *
 * To be called once ssh2's client connects, before anything has arrived.
 */
export function leavePrimesUntested(client: Client): void {
  const protocol: unknown = Reflect.get(client, '_protocol');
  if (typeof protocol !== 'object' || protocol === null) return;
  let current: unknown = Reflect.get(protocol, '_kex');
  // Where ssh2 puts each key exchange when the algorithm has been agreed on: at first, and again when keys are renewed.
  Object.defineProperty(protocol, '_kex', {
    configurable: true,
    get: () => current,
    set: (exchange: unknown) => {
      current = exchange;
      if (isGroupExchange(exchange)) exchange.generateKeys = generateKeys;
    },
  });
}

/** As much of ssh2's DHGroupExchange as takes part in making keys. */
interface GroupExchange {
  readonly _prime: Buffer | null;
  readonly _generator: Buffer | null;
  readonly _dh: GroupKey | null;
  generateKeys(): void;
}

function isGroupExchange(exchange: unknown): exchange is GroupExchange {
  return (
    typeof exchange === 'object' && exchange !== null && 'type' in exchange && exchange.type === 'groupex'
  );
}

function generateKeys(this: GroupExchange): void {
  const { _dh: known, _prime: prime, _generator: generator } = this;
  if (known || !prime || !generator) return;
  const made = new GroupKey(prime, generator);
  Object.assign(this, { _dh: made, _public: made.publicKey });
}

/** This side's key of a key exchange in a group that the server chose. */
export class GroupKey {
  readonly publicKey: Buffer;
  readonly #prime: Buffer;
  readonly #generator: Buffer;
  readonly #key: KeyObject;

  /** @throws Error when the group cannot be one. */
  constructor(prime: Buffer, generator: Buffer) {
    this.#prime = unsigned(prime);
    this.#generator = unsigned(generator);
    const bits = bitLength(this.#prime);
    if (bits < primeBits.least || bits > primeBits.most) {
      throw new Error(`the server's Diffie-Hellman group has ${bits} bits`);
    }
    const isOdd = ((this.#prime.at(-1) ?? 0) & 1) === 1;
    if (!isOdd || !isBetween(this.#generator, this.#prime)) {
      throw new Error('the server sent an invalid Diffie-Hellman group');
    }
    const exponent = randomBytes(exponentBits / 8);
    exponent[0] = (exponent[0] ?? 0) | 0x80;
    const version = integer(Buffer.of(0));
    const der = sequence(version, this.#algorithm(), element(0x04, integer(exponent)));
    this.#key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    // OpenSSL works it out.
    this.publicKey = publicValue(createPublicKey(this.#key).export({ format: 'der', type: 'spki' }));
  }

  /** As node:crypto's DiffieHellman says it, for ssh2. */
  getPrime(): Buffer {
    return this.#prime;
  }

  /** As node:crypto's DiffieHellman says it, for ssh2. */
  getGenerator(): Buffer {
    return this.#generator;
  }

  /** @throws Error for a public key that gives the secret away. */
  computeSecret(theirs: Buffer): Buffer {
    const value = unsigned(theirs);
    if (!isBetween(value, this.#prime)) throw new Error("the server's public key is not in its group");
    const der = sequence(this.#algorithm(), element(0x03, Buffer.of(0), integer(value)));
    return agree({
      privateKey: this.#key,
      publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }),
    });
  }

  /** PKCS #3's dhKeyAgreement with the group as its parameters. */
  #algorithm(): Buffer {
    const identifier = Buffer.from('06092a864886f70d010301', 'hex');
    return sequence(identifier, sequence(integer(this.#prime), integer(this.#generator)));
  }
}

/** Whether 1 < value < prime − 1. */
function isBetween(value: Buffer, prime: Buffer): boolean {
  const number = toNumber(value);
  return number > 1n && number < toNumber(prime) - 1n;
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`);
}

function unsigned(mpint: Buffer): Buffer {
  const first = mpint.findIndex((byte) => byte !== 0);
  return first === -1 ? Buffer.of(0) : Buffer.from(mpint.subarray(first));
}

function bitLength(bytes: Buffer): number {
  return bytes.length * 8 - (Math.clz32(bytes[0] ?? 0) - 24);
}

/** The public key of a SubjectPublicKeyInfo: an integer inside of the bit string that follows the algorithm. */
function publicValue(info: Buffer): Buffer {
  const [begin] = extent(info, 0);
  const [, behindAlgorithm] = extent(info, begin);
  const [bits] = extent(info, behindAlgorithm);
  // The bit string's first byte counts unused bits.
  const [value, end] = extent(info, bits + 1);
  return unsigned(info.subarray(value, end));
}

/** Where the content of the DER element at `at` begins, and where it ends. */
function extent(der: Buffer, at: number): [begin: number, end: number] {
  const first = der[at + 1] ?? 0;
  if (first < 0x80) return [at + 2, at + 2 + first];
  const begin = at + 2 + (first & 0x7f);
  return [begin, begin + der.readUIntBE(at + 2, first & 0x7f)];
}

function integer(bytes: Buffer): Buffer {
  return element(0x02, ...((bytes[0] ?? 0) & 0x80 ? [Buffer.of(0)] : []), bytes);
}

function sequence(...elements: readonly Buffer[]): Buffer {
  return element(0x30, ...elements);
}

/** A DER element of at most 65,535 bytes. */
function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}
