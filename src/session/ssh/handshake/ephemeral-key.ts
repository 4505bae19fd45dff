import type { Client } from 'ssh2';

/**
 * Drops this side's private key of an X25519 key exchange that is over. ssh2 drops those of all other exchanges: this one it would keep,
 * with 3.5 kB of memory, for as long as the connection lasts, and forward secrecy wants that nobody has it any more.
 */
export function forgetEphemeralKey(client: Client): void {
  const exchange = property(property(client, '_protocol'), '_kex');
  if (property(exchange, '_keys') !== undefined) Object.assign(Object(exchange), { _keys: null });
}

/** What an object has by that name; undefined for what is no object. */
function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
