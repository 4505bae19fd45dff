import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { repository } from '../stage/repository.ts';
import { isAvailable } from '../available.ts';

/** Where this folder is, also when this file was compiled into dist-stage/. */
export const kubernetesHelpers = join(repository, 'test/helper/kubernetes');

const prepare = 'test/helper/kubernetes/prepare.sh';

/** What a cluster is started from, once prepare.sh has made it. */
export interface Installed {
  /** etcd, every part of Kubernetes, and kubectl, by the first argument. */
  readonly program: string;
  /** The folder of the images. */
  readonly images: string;
}

/** As prepare.sh names them. */
export function installed(env: NodeJS.ProcessEnv = process.env): Installed {
  const cache = join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cnd-test/kubernetes');
  return {
    program: join(cache, hash('build/go.sum', 'build/main.go'), 'kube'),
    images: join(cache, hash('cluster/images.sh', 'cluster/image.py', 'cluster/pause.c')),
  };
}

function hash(...names: readonly string[]): string {
  const digest = createHash('sha256');
  for (const name of names) digest.update(readFileSync(join(kubernetesHelpers, name)));
  return digest.digest('hex').slice(0, 16);
}

/** What keeps a cluster from being started here, with the remedy; undefined when nothing does. */
export function missing(): string | undefined {
  if (process.platform !== 'linux') return 'a cluster needs Linux (namespaces, cgroups)';
  if (process.getuid?.() !== 0) return 'a cluster needs root (namespaces, cgroups)';
  for (const [path, packageName] of [
    ['/usr/bin/containerd', 'containerd'],
    ['/usr/sbin/runc', 'runc'],
    ['/usr/lib/cni/bridge', 'containernetworking-plugins'],
  ] as const) {
    if (!existsSync(path)) return `${path} is missing (Debian package ${packageName})`;
  }
  const { program, images } = installed();
  if (!existsSync(program)) return `Kubernetes is not built (about 13 CPU minutes, once): ${prepare}`;
  if (!existsSync(join(images, 'python.tar'))) return `the images are not made: ${prepare}`;
  return undefined;
}

/** Whether tests on a cluster can run. In CI they must, so that they are never skipped unseen. */
export function hasCluster(): boolean {
  return isAvailable(missing());
}
