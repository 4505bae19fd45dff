import type { Client } from 'ssh2';

/**
 * Drops this side's private key of an X25519 key exchange that is over. ssh2 drops those of all other exchanges: this one it would keep,
 * with 3.5 kB of memory, for as long as the connection lasts, and forward secrecy wants that nobody has it any more.
 */
export function forgetEphemeralKey(client: Client): void {
  const exchange: unknown = Reflect.get(Object(Reflect.get(client, '_protocol')), '_kex');
  if (typeof exchange === 'object' && exchange !== null && '_keys' in exchange)
    Object.assign(exchange, { _keys: null });
}
