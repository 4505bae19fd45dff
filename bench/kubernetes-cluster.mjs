// The cluster of the tests for benchmarks.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const helper = (path) => fileURLToPath(new URL(`../test/helper/kubernetes/${path}`, import.meta.url));

/** As test/helper/kubernetes/installed.ts finds them. */
export function installed() {
  const hash = (...names) => {
    const digest = createHash('sha256');
    for (const name of names) digest.update(readFileSync(helper(name)));
    return digest.digest('hex').slice(0, 16);
  };
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cnd-test/kubernetes');
  return {
    KUBE: join(cache, hash('build/go.sum', 'build/main.go'), 'kube'),
    IMAGES: join(cache, hash('cluster/images.sh', 'cluster/image.py', 'cluster/pause.c')),
  };
}

/**
 * A cluster that ends with this process, and what ends it before. $CND_TEST_CLUSTER names the directory of one that is up already.
 */
export async function startCluster() {
  const running = process.env.CND_TEST_CLUSTER;
  if (running !== undefined) return { directory: running, stop: async () => {} };
  // Short: sockets are in it.
  const directory = mkdtempSync('/tmp/cnd-kube-');
  const env = { ...process.env, ...installed(), KUBECONFIG: '' };
  const stdio = ['pipe', 'pipe', 'inherit'];
  const holder = spawn(helper('cluster/hold.sh'), [directory], { env, stdio, detached: true });
  const ended = once(holder, 'exit');
  await Promise.race([once(holder.stdout, 'data'), ended]);
  if (holder.exitCode !== null) throw new Error('the cluster does not start');
  const stop = async () => {
    holder.stdin.end();
    await ended;
  };
  return { directory, stop };
}
