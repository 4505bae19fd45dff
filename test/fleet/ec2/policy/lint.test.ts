import { beforeAll, describe, expect, test } from 'vitest';
import { policies, policyScope } from '../../../../src/fleet/ec2/policy/policy.ts';
import { like } from '../../../helper/iam/evaluate.ts';
import { hasIamDefinition, type IamAction, iamActions } from '../../../helper/iam/definition.ts';
import type { PolicyDocument, Statement } from '../../../../src/fleet/ec2/policy/document.ts';

/** Keys that every request has (IAM User Guide, "AWS global condition context keys"), as far as policies here use them. */
const globalKeys = new Set(['aws:SourceAccount', 'aws:SourceArn']);

const own: Readonly<Record<string, string>> = {
  Partition: 'aws',
  Region: 'us-east-1',
  Account: '123456789012',
};

/** Whether a resource of a policy can be one that the reference describes, part by part: both may have wildcards. */
function overlaps(resource: string, pattern: string): boolean {
  const filled = (name: string): string[] =>
    pattern.replaceAll(/\$\{(\w+)\}/g, (_, key: string) => own[key] ?? name).split(':');
  const [one, any] = [filled('x'), filled('*')];
  const parts = resource.split(':');
  return (
    parts.length === one.length &&
    parts.every((part, index) => like(part, one[index] ?? '') || like(any[index] ?? '', part))
  );
}

/** What the reference leaves out: EC2 User Guide, "Example policies", "Work with Spot Instances". */
const spotRequest = 'arn:${Partition}:ec2:${Region}:${Account}:spot-instances-request/${Id}';

/** What the reference has against a statement. */
function lint(statement: Statement, actions: ReadonlyMap<string, IamAction>): string[] {
  const { Sid, Action, Resource, Condition = {}, Principal } = statement;
  const names = [Action].flat();
  const resources = [Resource ?? []].flat();
  const keys = Object.values(Condition).flatMap((one) => Object.keys(one));
  const told = names.flatMap((name) => {
    const action = actions.get(name);
    if (!action) return [`${name} is no action`];
    const known = action.conditionKeys.map((key) => key.replace(/\$\{\w+\}/g, '*'));
    const odd = keys.filter((key) => !globalKeys.has(key) && !known.some((one) => like(one, key)));
    const isHit =
      resources.includes('*') || resources.some((one) => action.resources.some((arn) => overlaps(one, arn)));
    return [
      ...odd.map((key) => `${name} knows no ${key}`),
      ...(action.resources.length === 0 && !resources.includes('*') && !Principal
        ? [`${name} wants Resource *`]
        : []),
      ...(isHit || Principal || action.resources.length === 0 ? [] : [`${name} has none of the resources`]),
    ];
  });
  const idle = resources.filter(
    (one) =>
      one !== '*' && !names.some((name) => actions.get(name)?.resources.some((arn) => overlaps(one, arn))),
  );
  return [...told, ...idle.map((one) => `no action has ${one}`)].map((what) => `${Sid}: ${what}`);
}

describe.runIf(hasIamDefinition())("AWS's list of actions", () => {
  let actions: ReadonlyMap<string, IamAction>;
  beforeAll(() => {
    const name = 'ec2:RunInstances';
    const listed = iamActions();
    const { resources = [], conditionKeys = [] } = listed.get(name) ?? {};
    actions = new Map([...listed, [name, { resources: [...resources, spotRequest], conditionKeys }]]);
  });
  const scope = policyScope({ account: '123456789012', region: 'us-east-1', bucket: 'my-logs' });

  test('has every action, resource and condition key of the policies', () => {
    const documents: PolicyDocument[] = Object.values(policies(scope));
    expect(documents.flatMap(({ Statement }) => Statement.flatMap((one) => lint(one, actions)))).toEqual([]);
  });

  test('finds what is wrong with one', () => {
    const statement = { Sid: 'S', Effect: 'Allow', Action: 'ec2:RunInstances', Resource: '*' } as const;
    expect(lint(statement, actions)).toEqual([]);
    const wrong: readonly (readonly [Partial<Statement>, string])[] = [
      [{ Action: 'ec2:LaunchInstances' }, 'S: ec2:LaunchInstances is no action'],
      [{ Condition: { Null: { 'ec2:Colour': 'false' } } }, 'S: ec2:RunInstances knows no ec2:Colour'],
      [{ Action: 'ec2:DescribeInstances', Resource: 'arn:aws:ec2:*:*:instance/*' }, 'S: ec2:DescribeInstances wants Resource *'], // prettier-ignore
      [
        { Resource: 'arn:aws:ec2:us-east-1:1:dhcp-options/*' },
        'S: ec2:RunInstances has none of the resources',
      ],
    ];
    for (const [change, expected] of wrong)
      expect(lint({ ...statement, ...change }, actions)).toContain(expected);
  });
});
