import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { type Bundle, makeBundle } from '../ssh/upload.ts';

/** What runs on the instances; the same place from src/ and from dist/. */
const remote = fileURLToPath(new URL('../../remote/', import.meta.url));

/** Everything an instance needs, as one compressed bundle: the agent and its kernels. */
export async function workerBundle(): Promise<Bundle> {
  const scripts = (await readdir(remote)).filter((name) => name.endsWith('.py')).toSorted();
  return makeBundle(scripts.map((name) => ({ name, mode: 0o600, path: join(remote, name) })));
}
