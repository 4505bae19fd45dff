import { z } from 'zod';
import { asWarning, check } from '../../check.ts';
import type { Check } from '../../preflight.ts';
import { listAll } from '../../../kubernetes/page.ts';
import { plural } from '../../../quantity.ts';
import type { KubernetesApi } from '../api.ts';
import { listMetadata } from '../object.ts';
import { throughRestart } from '../restart.ts';
import type { KubernetesSettings } from '../schema.ts';

const taint = z.object({ key: z.string(), value: z.string().nullish(), effect: z.string() });

const node = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).nullish() }),
  spec: z.object({ unschedulable: z.boolean().nullish(), taints: z.array(taint).nullish() }).nullish(),
  status: z.object({ allocatable: z.object({ cpu: z.string(), memory: z.string() }).nullish() }),
});

const nodeList = z.object({ metadata: listMetadata, items: z.array(node) });

/** A node of the cluster. */
export type ClusterNode = z.output<typeof node>;

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

type Needs = Pick<KubernetesSettings, 'cpu' | 'memory' | 'nodeSelector' | 'tolerations'>;

/** Why a node, were it empty, does not take a pod, by the first thing that the scheduler would look at; undefined when it does. Pure. */
export function misfitOf({ metadata, spec, status }: ClusterNode, needs: Needs): string | undefined {
  const { cpu, memory, nodeSelector = {}, tolerations = [] } = needs;
  if (spec?.unschedulable) return 'cordoned';
  if (Object.entries(nodeSelector).some(([key, value]) => metadata.labels?.[key] !== value))
    return 'without the labels of kubernetes.nodeSelector';
  const isTolerated = ({ key, value, effect }: z.output<typeof taint>): boolean =>
    effect === 'PreferNoSchedule' ||
    tolerations.some(
      (one) =>
        (one.key === undefined || one.key === key) &&
        (one.effect === undefined || one.effect === effect) &&
        (one.operator === 'Exists' || (one.value ?? '') === (value ?? '')),
    );
  const barring = spec?.taints?.find((one) => !isTolerated(one));
  if (barring) return `with the taint ${barring.key}, which kubernetes.tolerations does not name`;
  const { cpu: cores = '0', memory: bytes = '0' } = status.allocatable ?? {};
  const isLarge = quantityOf(cores) >= quantityOf(cpu) && quantityOf(bytes) >= quantityOf(memory);
  return isLarge ? undefined : `too small for ${cpu} CPU and ${memory}`;
}

/** Whether what a pod requests fits at least one node, were that empty. An autoscaler may add another: no reason to stop. */
export async function nodesCheck(
  api: KubernetesApi,
  settings: KubernetesSettings,
  signal: AbortSignal,
): Promise<Check> {
  const list = async (): Promise<string> => {
    const what = 'listing the nodes';
    const { items } = await listAll(api.client, '/api/v1/nodes', nodeList, { what, signal });
    const misfits = items.flatMap((one) => misfitOf(one, settings) ?? []);
    const nodes = plural(items.length, 'node');
    if (misfits.length < items.length) return `${items.length - misfits.length} of ${nodes} can take a pod`;
    if (items.length === 0) throw new Error('there is no node: none can take a pod, unless one is added');
    const reasons = [...new Set(misfits)].map(
      (reason) => `${misfits.filter((other) => other === reason).length} ${reason}`,
    );
    throw new Error(`none of ${nodes} can take a pod, unless one is added: ${reasons.join(', ')}`);
  };
  const { check: made } = await check(
    'nodes',
    signal,
    () => throughRestart(list, signal),
    (words) => words,
  );
  return asWarning(made);
}
