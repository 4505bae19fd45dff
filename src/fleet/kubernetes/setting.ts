import type { SettingName } from '../kind.ts';

/** The settings of a Kubernetes cluster that have a flag. */
export const kubernetesSettingNames: readonly SettingName[] = [
  {
    key: 'kubernetes.context',
    flag: 'context',
    describe: 'context of the kubeconfig [default: the current one]',
  },
  {
    key: 'kubernetes.namespace',
    flag: 'namespace',
    describe: 'namespace of the pods [default: that of the context]',
  },
  {
    key: 'kubernetes.image',
    flag: 'pod-image',
    describe: 'image of the pods, with python3 [default: python:3-slim]',
  },
  {
    key: 'kubernetes.cpu',
    flag: 'cpu',
    describe: 'CPU that each pod requests, like 2 or 500m [default: 1]',
  },
  { key: 'kubernetes.memory', flag: 'memory', describe: 'memory of each pod [default: 256Mi]' },
];
