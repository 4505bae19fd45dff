import { type Answer, awsError, xml } from '../aws/answer.ts';
import type { Call } from '../aws/call.ts';

/** moto's only account. */
export const account = '123456789012';

/** Somebody who may call AWS on the stage. */
export interface Principal {
  readonly name: string;
  readonly arn: string;
  readonly userId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** An IAM user with keys for the stage only. */
export function user(name: string): Principal {
  return {
    name,
    arn: `arn:aws:iam::${account}:user/${name}`,
    userId: `AIDASTAGE${name.toUpperCase()}`,
    accessKeyId: `AKIASTAGE${name.toUpperCase()}`,
    secretAccessKey: `stage-secret-of-${name}`,
  };
}

/** What an instance is with its profile's role. */
export function roleOf(profile: string, instance: string): Principal {
  return {
    name: `${profile}/${instance}`,
    arn: `arn:aws:sts::${account}:assumed-role/${profile}/${instance}`,
    userId: `AROASTAGE:${instance}`,
    accessKeyId: `ASIASTAGE${instance.slice(2).toUpperCase()}`,
    secretAccessKey: `stage-secret-of-${instance}`,
    sessionToken: `stage-token-of-${instance}`,
  };
}

/** GetCallerIdentity; moto has one answer for everybody. */
export function sts(call: Call, principal: Principal): Answer {
  if (call.action !== 'GetCallerIdentity') return awsError('sts', 'InvalidAction', call.action);
  const { arn, userId } = principal;
  const result = `<Arn>${arn}</Arn><UserId>${userId}</UserId><Account>${account}</Account>`;
  return xml(
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult><ResponseMetadata><RequestId>stage</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
  );
}
