import type { KubernetesApi } from '../api.ts';
import { accessReview } from '../object.ts';

/** Something that the API server lets a user do, or not. */
export interface Right {
  readonly verb: string;
  /** The API group; empty: the core's. */
  readonly group: string;
  /** With its subresource: `pods/exec`. */
  readonly resource: string;
  /** Of the cluster, not of a namespace. */
  readonly clusterWide?: true;
}

const right = (group: string, resource: string, ...verbs: readonly string[]): Right[] =>
  verbs.map((verb) => ({ verb, group, resource }));

/** What a run, `cnd ps` and `cnd scram` cannot do without. docs/kubernetes.md has the same as a role. */
export const neededRights: readonly Right[] = [
  ...right('batch', 'jobs', 'create', 'get', 'list', 'delete'),
  ...right('', 'pods', 'list', 'delete'),
  // Kubernetes 1.35 and later ask for `create` of a WebSocket, earlier ones for `get`.
  ...right('', 'pods/exec', 'get', 'create'),
];

/** What a detached run, `cnd attach` and `cnd resume` of it need besides. */
export const detachingRights: readonly Right[] = [
  ...right('batch', 'jobs', 'patch'),
  ...right('', 'configmaps', 'create'),
  ...right('', 'pods', 'watch'),
];

/** Says why pods cannot be created. */
export const eventsRight: Right = { verb: 'list', group: '', resource: 'events' };
/** Says before the launch what a pod would be refused for. */
export const podRight: Right = { verb: 'create', group: '', resource: 'pods' };
/** Says before the launch whether a pod fits a node. */
export const nodesRight: Right = { verb: 'list', group: '', resource: 'nodes', clusterWide: true };

/** What a right is called. Pure. */
export function rightName({ verb, resource, group }: Right): string {
  return `${verb} ${resource}${group === '' ? '' : ` (${group})`}`;
}

/** Whether the user has a right. @throws KubernetesError */
export async function hasRight(api: KubernetesApi, right: Right, signal: AbortSignal): Promise<boolean> {
  const [resource = '', subresource] = right.resource.split('/');
  const resourceAttributes = {
    ...(!right.clusterWide && { namespace: api.namespace }),
    verb: right.verb,
    group: right.group,
    resource,
    ...(subresource !== undefined && { subresource }),
  };
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const what = `asking for the right to ${rightName(right)}`;
  return (await api.client.request('POST', path, accessReview, { what, body, signal })).status.allowed;
}
