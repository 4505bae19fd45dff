import { expect, test } from 'vitest';
import { type Ec2Call, ec2Error, launchErrorKind } from '../../../src/fleet/ec2/error.ts';

const call: Ec2Call = {
  what: '8 instances cannot be launched',
  about: 'run',
  region: 'eu-west-1',
  profile: 'work',
  permissions: 'ec2:RunInstances',
  launch: { count: 8, types: ['c7a.medium'], market: 'on-demand' },
};

function error(name: string, message = 'words', status = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

test.each([
  ['InsufficientInstanceCapacity', 500, 'capacity'],
  ['InsufficientFreeAddressesInSubnet', 400, 'capacity'],
  ['Unsupported', 400, 'capacity'],
  ['SpotMaxPriceTooLow', 400, 'capacity'],
  ['VcpuLimitExceeded', 400, 'quota'],
  ['MaxSpotInstanceCountExceeded', 400, 'quota'],
  ['RequestLimitExceeded', 503, 'again'],
  ['InvalidGroup.NotFound', 400, 'again'],
  ['InternalError', 500, 'again'],
  ['TimeoutError', 0, 'again'],
  ['UnauthorizedOperation', 403, 'fatal'],
  ['InvalidParameterValue', 400, 'fatal'],
  ['ExpiredToken', 400, 'fatal'],
] as const)('%s is %s', (name, status, errorKind) => {
  expect(launchErrorKind(error(name, 'words', status))).toBe(errorKind);
});

test('a quota is told with its number, region and the command that raises it', () => {
  const message =
    'You have requested more vCPU capacity than your current vCPU limit of 5 allows for the instance bucket. Please visit a page.';
  const told = ec2Error(error('VcpuLimitExceeded', message), call);
  expect(told.code).toBe('ec2-quota');
  expect(told.message).toMatch(/8 instances .* in eu-west-1: .*limit of 5 allows.*VcpuLimitExceeded/);
  expect(told.hint).toMatch(/request-service-quota-increase .*L-1216C47A --region eu-west-1/);
  const spot = { ...call, launch: { count: 8, types: ['c7a.medium'], market: 'spot' as const } };
  expect(ec2Error(error('MaxSpotInstanceCountExceeded'), spot).hint).toMatch(/L-34B43A08/);
});

test('capacity is told with types, region and what else to try', () => {
  const told = ec2Error(
    error('InsufficientInstanceCapacity', 'We currently do not have sufficient capacity.'),
    call,
  );
  expect(told).toMatchObject({ code: 'ec2-capacity' });
  expect(told.hint).toMatch(/no Availability Zone has capacity for c7a\.medium now: add types with --type/);
});

test('where one type alone was tried, as none was named, that is told, with what to name', () => {
  const of = (others: readonly string[]): string | undefined =>
    ec2Error(error('InsufficientInstanceCapacity'), {
      ...call,
      launch: { count: 8, types: ['c7a.medium'], market: 'on-demand', others },
    }).hint;
  expect(of(['c7i.large', 'c6i.large'])).toMatch(
    /the only type that is tried without --type: name several, e\.g\. --type c7a\.medium,c7i\.large,/,
  );
  expect(of([])).toMatch(/the only one of the built-in table here: name others with --type/);
});

test.each([
  [
    'InvalidParameterCombination',
    "The specified image is not eligible for Free Tier. For a list of Free Tier images, run 'describe-images' with the filter 'free-tier-eligible=true'.",
    /plan does not allow the image: .*--region eu-west-1 --filters Name=free-tier-eligible/,
  ],
  [
    'InvalidParameterValue',
    'Value (cnd-agent) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
    /no instance profile of the name in ec2\.instanceProfile/,
  ],
])('%s is told by its words', (name, message, hint) => {
  expect(ec2Error(error(name, message), call).hint).toMatch(hint);
});

test('an instance profile that was just made may be known in a moment', () => {
  const message =
    'Value (x) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN';
  expect(launchErrorKind(error('InvalidParameterValue', message))).toBe('again');
});

test('missing rights are named, without the encoded explanation', () => {
  const message = `You are not authorized to perform: ec2:RunInstances. Encoded authorization failure message: ${'x'.repeat(900)}`;
  const told = ec2Error(error('UnauthorizedOperation', message, 403), call);
  expect(told.code).toBe('aws-denied');
  expect(told.message).toMatch(/not authorized to perform: ec2:RunInstances/);
  expect(told.message).not.toMatch(/xxx/);
  expect(told.hint).toMatch(/ec2:RunInstances.*cnd init --policy/);
});

test('expired credentials name the command that renews them', () => {
  const told = ec2Error(error('ExpiredToken', 'The security token included in the request is expired'), call);
  expect(told.hint).toMatch(/aws sso login --profile work/);
});
