import { type Answer, awsError, json } from '../aws/answer.ts';
import type { Call } from '../aws/call.ts';

const names: Record<string, string> = {
  'L-1216C47A': 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
  'L-34B43A08': 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests',
};

/** Service Quotas: the vCPUs of standard instances, on demand and spot. */
export function serviceQuotas(call: Call, vcpus: number): Answer {
  const { ServiceCode, QuotaCode } = call.parameters as Record<string, string>;
  const name = names[QuotaCode ?? ''];
  if (call.action !== 'GetServiceQuota' || ServiceCode !== 'ec2' || name === undefined) {
    return awsError('servicequotas', 'NoSuchResourceException', `${call.action} ${ServiceCode} ${QuotaCode}`);
  }
  const QuotaArn = `arn:aws:servicequotas:${call.region}:123456789012:ec2/${QuotaCode}`;
  const Quota = {
    ServiceCode,
    QuotaCode,
    QuotaArn,
    QuotaName: name,
    Value: vcpus,
    Unit: 'None',
    Adjustable: true,
  };
  return json({ Quota });
}
