import type { Flag } from './command.ts';
import { UsageError } from '../error.ts';
import { isRunId } from '../run-id.ts';
import { printable, quote } from '../text.ts';

/** Which part of everything `ps` and `scram` are about. */
export interface InventoryFilter {
  readonly run: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  readonly allNamespaces: boolean;
}

/** What the flags say. @throws UsageError */
export function readFilter(flags: Readonly<Record<string, unknown>>): InventoryFilter {
  return {
    run: oneRun(flags['run']),
    region: region(flags['region']),
    profile: text(flags['profile']),
    context: text(flags['context']),
    namespace: text(flags['namespace']),
    allNamespaces: flags['all-namespaces'] === true,
  };
}

function oneRun(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && isRunId(value)) return value;
  throw new UsageError(
    'bad-run',
    `--run is ${JSON.stringify(value)}: must be a run id like 20261120-081103-x7k2`,
    {
      about: 'run',
      hint: 'list the runs with: cnd ps',
    },
  );
}

function region(value: unknown): string | undefined {
  const name = text(value);
  if (name === undefined || /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(name)) return name;
  throw new UsageError(
    'bad-setting',
    `--region is ${JSON.stringify(name)}: must be a region like eu-west-1`,
    {
      about: 'region',
      hint: 'omit it to check all regions',
    },
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Whether only a part of what there may be is looked at, besides a region. Pure. */
export function isPartial({ profile, context, namespace, allNamespaces }: InventoryFilter): boolean {
  return profile !== undefined || context !== undefined || namespace !== undefined || allNamespaces;
}

/** Where on Kubernetes the filter looks, as flags for a further command, with a blank before each; empty where it says nothing. Pure. */
export function clusterArguments({
  context,
  namespace,
  allNamespaces,
}: Pick<InventoryFilter, 'context' | 'namespace' | 'allNamespaces'>): string {
  const named = Object.entries({ context, namespace }).flatMap(([name, value]) =>
    value === undefined ? [] : [` --${name} ${quote(printable(value))}`],
  );
  return [...named, ...(allNamespaces ? [' --all-namespaces'] : [])].join('');
}

/** The flags that say where on Kubernetes. */
export const clusterFlags: readonly Flag[] = [
  { name: 'context', describe: 'only Kubernetes, with this context of the kubeconfig' },
  { name: 'namespace', describe: 'only Kubernetes, in this namespace' },
  { name: 'all-namespaces', boolean: true, describe: 'only Kubernetes, in all namespaces of the context' },
];

/** The flags that narrow what `ps` and `scram` look at. */
export const filterFlags: readonly Flag[] = [
  { name: 'region', describe: 'only this EC2 region [default: this machine, and all regions]' },
  { name: 'profile', describe: 'only EC2, with this AWS profile' },
  ...clusterFlags,
];
