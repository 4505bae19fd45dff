import { z } from 'zod';
import type { Cluster } from './cluster.ts';
import { AdmissionWebhook, type Verdict } from './webhook.ts';

/** The user that the namespace's pods are given. */
export const assignedUser = 1_000_680_000;

const pod = z.object({
  spec: z.object({ securityContext: z.object({ runAsUser: z.int().optional() }).optional() }),
});

/**
 * What OpenShift's Security Context Constraint `restricted-v2` does to the pods of a namespace: one that names a user outside of the
 * range of the namespace is refused, with these words; one that names none is given the first of the range.
 */
export async function startConstraints(cluster: Cluster, namespace: string): Promise<AdmissionWebhook> {
  return AdmissionWebhook.start(cluster, namespace, 'pods', judge);
}

function judge(object: unknown): Verdict {
  const { securityContext } = pod.parse(object).spec;
  const user = securityContext?.runAsUser;
  if (user !== undefined && user !== assignedUser) {
    const range = `[${assignedUser}, ${assignedUser + 9_999}]`;
    const what = `Invalid value: ${user}: must be in the ranges: ${range}`;
    return {
      refusal: `unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .containers[0].runAsUser: ${what}]`,
    };
  }
  const path = '/spec/securityContext/';
  return {
    patch: [
      { op: 'add', path: `${path}runAsUser`, value: assignedUser },
      { op: 'add', path: `${path}fsGroup`, value: assignedUser },
    ],
  };
}
