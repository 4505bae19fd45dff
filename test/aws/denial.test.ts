import { expect, test } from 'vitest';
import { denialRemedy, readDenial } from '../../src/aws/denial.ts';
import { awsError, isOrganizationDenial } from '../../src/aws/failure.ts';
import { causeLines } from '../../src/error.ts';
import { toInstance } from '../../src/fleet/ec2/find/describe.ts';
import { ec2Error } from '../../src/fleet/ec2/error.ts';

const failure = (name: string, message: string): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 403 } });
const user = 'User: arn:aws:iam::123456789012:user/alice is not authorized to perform: ec2:RunInstances';
const on = 'on resource: arn:aws:ec2:eu-west-1:123456789012:instance/*';
const call = {
  what: 'it fails',
  about: 'x',
  permissions: 'ec2:RunInstances, ec2:CreateTags',
  region: 'eu-west-1',
};

// IAM User Guide, "Examples of access denied error messages".
test.each([
  [
    `${user} ${on} with an explicit deny in a service control policy`,
    /^a service control policy of the AWS organization denies ec2:RunInstances.*ec2\.tags/,
  ],
  [
    `${user} ${on} because no service control policy allows the ec2:RunInstances action`,
    /^a service control policy/,
  ],
  [`${user} ${on} with an explicit deny in a resource control policy`, /^a resource control policy/],
  [
    `${user} ${on} because no permissions boundary allows the ec2:RunInstances action`,
    /^the caller's permissions boundary must allow ec2:RunInstances/,
  ],
  [`${user} ${on} with an explicit deny in a permissions boundary`, /permissions boundary/],
  [`${user} ${on} because no session policy allows the ec2:RunInstances action`, /session/],
  [`${user} ${on} because no VPC endpoint policy allows the ec2:RunInstances action`, /VPC endpoint/],
  [
    `${user} ${on} with an explicit deny in an identity-based policy`,
    /denies ec2:RunInstances explicitly.*tags/,
  ],
  [
    `${user} ${on} because no identity-based policy allows the ec2:RunInstances action`,
    /^the caller needs ec2:RunInstances: print .*ec2\.tags/,
  ],
  [
    'You are not authorized to perform this operation.',
    /^the caller needs ec2:RunInstances, ec2:CreateTags: print/,
  ],
])('%s', (message, remedy) => {
  expect(denialRemedy(readDenial(failure('UnauthorizedOperation', message)), call.permissions)).toMatch(
    remedy,
  );
});

test('an explicit deny by the organization is known as one', () => {
  expect(
    isOrganizationDenial(
      failure('AccessDenied', `${user} with an explicit deny in a service control policy`),
    ),
  ).toBe(true);
  expect(
    isOrganizationDenial(failure('AccessDenied', `${user} because no identity-based policy allows it`)),
  ).toBe(false);
});

test('the right that AWS names is asked for, not the one that the call is known to need', () => {
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234';
  const message = `User: arn:aws:iam::1:user/a is not authorized to perform: kms:GenerateDataKey on resource: ${key} because no identity-based policy allows the kms:GenerateDataKey action`;
  const told = awsError(failure('AccessDenied', message), { ...call, permissions: 's3:PutObject' });
  expect(told.hint).toBe(
    `the caller needs kms:GenerateDataKey on ${key}, and the policy of the key must allow it`,
  );
  expect(told.hint).not.toMatch(/s3:PutObject/);
});

test('the encoded explanation is whole with --verbose, and nowhere else', () => {
  const encoded = 'Ab3-_'.repeat(180);
  const told = ec2Error(
    failure('UnauthorizedOperation', `You may not. Encoded authorization failure message: ${encoded}`),
    call,
  );
  expect(`${told.message}${told.hint}`).not.toContain('Ab3-_Ab3');
  expect(told.hint).toMatch(/--verbose prints it with the command that decodes it/);
  expect(causeLines(told)).toContain(`--encoded-message ${encoded}\n`);
});

test('a full quota of security groups has nothing to do with N', () => {
  const told = ec2Error(
    failure('SecurityGroupLimitExceeded', 'The maximum number of security groups was reached.'),
    call,
  );
  expect(told).toMatchObject({ code: 'ec2-quota' });
  expect(told.hint).not.toMatch(/--N/);
  expect(told.hint).toMatch(
    /ec2\.securityGroup.*--service-code vpc --quota-code L-E79EC296 --region eu-west-1/,
  );
});

test.each([
  ['TagPolicyViolation', /ec2\.tags/],
  ['KMS.DisabledException', /logs\.encryption/],
  ['InvalidKMSKey.InvalidState', /kms:CreateGrant/],
])('%s has a remedy', (name, remedy) => {
  expect(awsError(Object.assign(new Error('words'), { name }), call).hint).toMatch(remedy);
});

test('an instance that ends because its disk cannot be encrypted says what helps', () => {
  const reason = { Code: 'Client.InternalError', Message: 'Client.InternalError: Client error on launch' };
  const instance = {
    InstanceId: 'i-1',
    State: { Name: 'terminated' as const },
    StateReason: reason,
    Placement: { AvailabilityZone: 'eu-west-1b' },
  };
  expect(toInstance(instance, 'public').reason).toMatch(
    /Client error on launch: .*kms:CreateGrant.*--region eu-west-1$/,
  );
});
