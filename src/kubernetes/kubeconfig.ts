import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { UsageError, messageOf } from '../error.ts';
import { homeDirectory } from '../file.ts';
import { environmentProxy } from './proxy.ts';

/** Which part of which cluster. */
export interface ClusterPlace {
  /** Of the kubeconfig. */
  readonly context: string;
  readonly namespace: string;
}

/** What a place is made complete from: by default the current context, and its namespace. */
export interface PlaceChoice {
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Where a service account's token is, in a pod that has one. */
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** The name of the one context that there is in a pod without a kubeconfig, as client-node has it. */
const inCluster = 'inClusterContext';

/** The files that make up the kubeconfig, as kubectl finds them; those that do not exist are left out. */
function kubeconfigFiles(env: NodeJS.ProcessEnv): string[] {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const files = named.length > 0 ? named : [join(homeDirectory(env), '.kube', 'config')];
  return files.filter((path) => existsSync(path));
}

/** Whether anything here tells of a cluster: who has none is not made to wait for it. */
export function hasKubeconfig(env: NodeJS.ProcessEnv): boolean {
  return kubeconfigFiles(env).length > 0 || existsSync(serviceAccountToken);
}

/**
 * Reads the kubeconfig, and finds the place that is meant in it.
 * @throws UsageError when there is none, it cannot be read, or it has no such context.
 */
export async function loadKubeconfig(
  env: NodeJS.ProcessEnv,
  choice: PlaceChoice = {},
): Promise<{ readonly config: KubeConfig; readonly place: ClusterPlace }> {
  const files = kubeconfigFiles(env);
  const config = await read(files, env);
  const context = choice.context ?? config.getCurrentContext();
  const known = config.getContextObject(context);
  if (!known) {
    const all = config.getContexts().map(({ name }) => name);
    const wrong = context ? `has no context ${JSON.stringify(context)}` : 'has no current context';
    throw new UsageError('kubernetes-context', `the kubeconfig ${wrong}`, {
      about: 'kubernetes.context',
      hint: all.length > 0 ? `name one of its contexts with --context: ${all.join(', ')}` : 'add one to it',
    });
  }
  config.setCurrentContext(context);
  if (!config.getCurrentCluster() || !config.getCurrentUser()) {
    throw new UsageError(
      'kubernetes-context',
      `the context ${context} names a cluster or a user that the kubeconfig does not have`,
      { about: 'kubernetes.context', hint: 'see: kubectl config view' },
    );
  }
  tellPlugin(config);
  const cluster = config.getCurrentCluster();
  const proxyUrl = cluster?.proxyUrl ?? environmentProxy(cluster?.server ?? '', env);
  if (proxyUrl !== undefined) Object.assign(cluster ?? {}, { proxyUrl });
  return { config, place: { context, namespace: choice.namespace ?? known.namespace ?? 'default' } };
}

async function read(files: readonly string[], env: NodeJS.ProcessEnv): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const [first, ...others] = files;
  if (first === undefined) {
    if (existsSync(serviceAccountToken)) {
      config.loadFromCluster();
      config.setCurrentContext(inCluster);
      return config;
    }
    const where = env['KUBECONFIG']
      ? 'KUBECONFIG names no file that exists'
      : '~/.kube/config does not exist';
    throw new UsageError('kubernetes-config', `there is no kubeconfig: ${where}`, {
      about: 'kubeconfig',
      hint: 'set KUBECONFIG to a file that kubectl works with',
    });
  }
  try {
    config.loadFromFile(first);
    for (const path of others) {
      const more = new KubeConfig();
      more.loadFromFile(path);
      config.mergeConfig(more, config.getCurrentContext() !== '');
    }
  } catch (cause) {
    throw new UsageError('kubernetes-config', `the kubeconfig cannot be read: ${messageOf(cause)}`, {
      about: files.join(delimiter),
      hint: 'see: kubectl config view',
      cause,
    });
  }
  return config;
}

/** A credential plugin, as a user of a kubeconfig has it. */
const credentialPlugin = z.looseObject({
  apiVersion: z.string().optional(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  provideClusterInfo: z.boolean().optional(),
});

/** Credential plugins may expect KUBERNETES_EXEC_INFO (client-go credential plugins, "Input and output formats"). */
function tellPlugin(config: KubeConfig): void {
  const user = config.getCurrentUser();
  const plugin = credentialPlugin.safeParse(user?.exec).data;
  if (!plugin) return;
  const cluster = config.getCurrentCluster();
  const information = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(plugin.provideClusterInfo && {
        cluster: { server: cluster?.server, 'certificate-authority-data': cluster?.caData },
      }),
    },
  };
  const own = { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(information) };
  Object.assign(user ?? {}, { exec: { ...plugin, env: [...(plugin.env ?? []), own] } });
}
