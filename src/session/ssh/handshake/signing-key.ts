import { createPrivateKey, sign } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';

/** By their texts: a run logs in to all its instances with the same key. */
const read = new Map<string, ParsedKey>();

/**
 * A private key as ssh2 has it, but that OpenSSL reads it once: ssh2 gives it the PEM for every signature, which takes ten times as
 * long (0.3 ms) as to sign.
 * @throws Error when the text is no private key, or it is encrypted.
 */
export function signingKey(text: string): ParsedKey {
  const known = read.get(text);
  if (known) return known;
  const key = parsed(text);
  const object = createPrivateKey(key.getPrivatePEM());
  const slow = key.sign.bind(key);
  key.sign = (data, algorithm) => {
    try {
      // Of all other types ssh2 knows the algorithm, when it is not told.
      if (algorithm !== undefined || key.type === 'ssh-ed25519')
        return sign(algorithm, typeof data === 'string' ? Buffer.from(data) : data, object);
    } catch {
      // It has its own way to say so.
    }
    return slow(data, algorithm);
  };
  read.set(text, key);
  return key;
}

function parsed(text: string): ParsedKey {
  const found: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text);
  if (found instanceof Error) throw new Error(`Cannot parse privateKey: ${found.message}`);
  const [key] = [found].flat();
  if (!key?.isPrivateKey()) throw new Error('privateKey value does not contain a (valid) private key');
  return key;
}
