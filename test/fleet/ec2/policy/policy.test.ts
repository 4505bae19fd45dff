import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PolicyDocument } from '../../../../src/fleet/ec2/policy/document.ts';
import { policies, policyScope } from '../../../../src/fleet/ec2/policy/policy.ts';
import { stackTemplate } from '../../../../src/fleet/ec2/policy/stack.ts';
import { motoProgram, motoPython } from '../../../helper/stage/aws/moto.ts';
import { repository } from '../../../helper/stage/repository.ts';

const known = { partition: 'aws-cn', account: '123456789012', region: 'cn-north-1', bucket: 'my-logs' };

/** A managed policy has at most so many characters (IAM and STS quotas). */
const longest = 6144;

/** Every ARN in a document. */
function arnsIn(document: unknown): string[] {
  return [...JSON.stringify(document).matchAll(/"(arn:[^"]*)"/g)].map(([, arn = '']) => arn);
}

test('docs/policy.json is what the command prints with placeholders: npm run schema writes it', () => {
  const documented = readFileSync(join(repository, 'docs/policy.json'), 'utf8');
  expect(documented).toBe(`${JSON.stringify(policies(policyScope()), undefined, 2)}\n`);
});

test('docs/aws.md explains every statement by its Sid, and names no other', () => {
  const text = readFileSync(join(repository, 'docs/aws.md'), 'utf8');
  const [, section = ''] = /^## Rights\n(.*?)^## /ms.exec(text) ?? [];
  const told = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, sid]) => sid);
  const documents: PolicyDocument[] = Object.values(policies(policyScope()));
  const sids = documents.flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid));
  expect(new Set(told)).toEqual(new Set(sids));
});

test('account, region, bucket and partition are filled in everywhere', () => {
  const filled = policies(policyScope(known));
  expect(JSON.stringify(filled)).not.toMatch(/ACCOUNT|REGION|BUCKET|undefined/);
  const arns = arnsIn(filled);
  expect(arns.length).toBeGreaterThan(20);
  for (const arn of arns) {
    expect(arn).toMatch(/^arn:aws-cn:(ec2|sqs|s3|scheduler|iam):(cn-north-1|\*|):(123456789012|):/);
  }
  const services = [filled.agentRoleTrust, filled.schedulerRoleTrust].flatMap(({ Statement }) =>
    Statement.map(({ Principal }) => Principal?.Service),
  );
  expect(services).toEqual(['ec2.amazonaws.com.cn', 'scheduler.amazonaws.com']);
});

test('nothing changes what is not of a run, in any region but the one; a role goes to one service only', () => {
  const { user } = policies(policyScope(known));
  for (const { Sid, Action, Resource = '*', Condition } of user.Statement) {
    const actions = [Action].flat();
    const changes = actions.filter((action) => !/:(Describe|Get(Products|Service)|List)/.test(action));
    if (changes.length === 0) continue;
    for (const resource of [Resource].flat()) {
      expect({ Sid, resource }).not.toEqual({ Sid, resource: '*' });
      if (/^arn:[^:]+:(ec2|sqs|scheduler)/.test(resource)) expect(resource).toMatch(/:cn-north-1:/);
    }
    if (changes.some((action) => /Terminate|ec2:Delete|ConsoleOutput|Authorize/.test(action)))
      expect(Condition).toEqual({ Null: { 'aws:ResourceTag/cnd:run': 'false' } });
    if (changes.includes('iam:PassRole'))
      expect(Condition).toMatchObject({ StringEquals: { 'iam:PassedToService': expect.any(String) } });
  }
});

test("the user's policy fits into a managed policy, with the longest names", () => {
  const bucket = 'b'.repeat(63);
  const scope = policyScope({ ...known, partition: 'aws-us-gov', region: 'us-gov-west-1', bucket });
  expect(JSON.stringify(policies(scope).user).length).toBeLessThan(longest);
});

describe('the stack', () => {
  test('has the same policies, with what CloudFormation knows filled in by itself', () => {
    const own = { partition: 'aws', account: '123456789012', region: 'eu-west-1', bucket: 'my-logs' };
    const values: Readonly<Record<string, string>> = {
      'AWS::Partition': own.partition,
      'AWS::AccountId': own.account,
      'AWS::Region': own.region,
      'AWS::URLSuffix': 'amazonaws.com',
      Logs: own.bucket,
      'AgentRole.Arn': `arn:aws:iam::${own.account}:role/cnd-agent`,
      'SchedulerRole.Arn': `arn:aws:iam::${own.account}:role/cnd-scheduler`,
    };
    const fill = (_: string, part: unknown): unknown => {
      const { 'Fn::Sub': text } = Object(part) as { 'Fn::Sub'?: string };
      return text?.replace(/\$\{([^}]*)\}/g, (_match, name: string) => values[name] ?? '?') ?? part;
    };
    const { Resources } = JSON.parse(JSON.stringify(stackTemplate()), fill) as {
      Resources: Record<string, { Properties: Record<string, unknown> }>;
    };
    const expected = policies(policyScope(own));
    expect(Resources['UserPolicy']?.Properties['PolicyDocument']).toEqual(expected.user);
    for (const role of ['AgentRole', 'SchedulerRole'] as const) {
      const key = role === 'AgentRole' ? 'agentRole' : 'schedulerRole';
      expect(Resources[role]?.Properties).toMatchObject({
        AssumeRolePolicyDocument: expected[`${key}Trust`],
        Policies: [{ PolicyDocument: expected[key] }],
      });
    }
  });

  const program = motoProgram();
  const python = program === undefined ? undefined : motoPython(program);
  const lint = (template: unknown) =>
    spawnSync(
      python ?? '',
      ['-c', 'from cfnlint.runner import main; main()', '--non-zero-exit-code', 'informational'],
      {
        input: JSON.stringify(template),
        encoding: 'utf8',
      },
    );
  const hasLinter = python !== undefined && spawnSync(python, ['-c', 'import cfnlint']).status === 0;
  if (!hasLinter && !process.env['CI'])
    process.stderr.write("skipped: cfn-lint is missing: .moto/bin/pip install 'cfn-lint'\n");

  test.skipIf(!hasLinter && !process.env['CI'])(
    'passes cfn-lint, which finds what is wrong with it',
    () => {
      expect(lint(stackTemplate('my-cnd-logs'))).toMatchObject({ stdout: '', stderr: '', status: 0 });
      const wrong = JSON.stringify(stackTemplate()).replaceAll('Fn::Sub', 'Fn::Subb');
      expect(lint(JSON.parse(wrong))).toMatchObject({ stdout: expect.stringMatching(/E\d{4}/) });
    },
    60_000,
  );
});
