import { z } from 'zod';
import { check } from '../../check.ts';
import type { Check } from '../../preflight.ts';
import { listAll } from '../../../kubernetes/page.ts';
import type { KubernetesApi } from '../api.ts';
import { listMetadata } from '../object.ts';
import type { KubernetesSettings } from '../schema.ts';

const nodeList = z.object({
  metadata: listMetadata,
  items: z.array(
    z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()).nullish() }),
      spec: z.object({ unschedulable: z.boolean().nullish() }).nullish(),
      status: z.object({ allocatable: z.object({ cpu: z.string(), memory: z.string() }).nullish() }),
    }),
  ),
});

const units: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  Ki: 2 ** 10,
  M: 1e6,
  Mi: 2 ** 20,
  G: 1e9,
  Gi: 2 ** 30,
  T: 1e12,
  Ti: 2 ** 40,
};

/** A quantity of Kubernetes as a number: cores, or bytes. NaN for what is none. Pure. */
export function quantityOf(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  return Number(amount) * (units[unit] ?? Number.NaN);
}

/** Whether what a pod requests fits at least one node, were that empty. An autoscaler may add a larger one: no reason to stop. */
export async function nodesCheck(
  api: KubernetesApi,
  { cpu, memory, nodeSelector = {} }: KubernetesSettings,
  signal: AbortSignal,
): Promise<Check> {
  const list = async (): Promise<string> => {
    const what = 'listing the nodes';
    const { items } = await listAll(api.client, '/api/v1/nodes', nodeList, { what, signal });
    const fitting = items.filter(
      ({ metadata, spec, status }) =>
        !spec?.unschedulable &&
        Object.entries(nodeSelector).every(([key, value]) => metadata.labels?.[key] === value) &&
        quantityOf(status.allocatable?.cpu ?? '0') >= quantityOf(cpu) &&
        quantityOf(status.allocatable?.memory ?? '0') >= quantityOf(memory),
    );
    if (fitting.length > 0) return `${fitting.length} of ${items.length} nodes are large enough for a pod`;
    throw new Error(
      `none of ${items.length} nodes is large enough for a pod of ${cpu} CPU and ${memory}, unless one is added`,
    );
  };
  const { check: made } = await check('nodes', signal, list, (words) => words);
  return made.outcome === 'failed' ? { ...made, outcome: 'warning' } : made;
}
