import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';

import { account, type Principal } from '../account/principal.ts';
import type { StageInstance } from '../ec2/instance.ts';

/** One look into the instance metadata. */
export interface ImdsCall {
  readonly instance: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/**
 * The metadata service of one instance, IMDSv2 only: a token first. Serves the role's credentials, if it has a profile.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export function metadataServer(
  instance: StageInstance,
  role: Principal | undefined,
  record: (call: ImdsCall) => void,
): Server {
  const tokens = new Set<string>();
  return createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const answer = (status: number, body = ''): void => {
      record({ instance: instance.id, method, path: url, status });
      response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    };
    request.resume();
    if (method === 'PUT' && url === '/latest/api/token') {
      const seconds = Number(headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (!(seconds >= 1 && seconds <= 21_600)) return answer(400);
      const token = randomUUID();
      tokens.add(token);
      return answer(200, token);
    }
    if (!tokens.has(String(headers['x-aws-ec2-metadata-token']))) return answer(401);
    const document = documents(instance, role)[url.replace(/\/$/, '')];
    return document === undefined ? answer(404) : answer(200, document);
  });
}

function documents(instance: StageInstance, role: Principal | undefined): Record<string, string> {
  const { id, region, zone, type, privateIp, publicIp, profile = '' } = instance;
  const data = '/latest/meta-data';
  const identity = { accountId: account, instanceId: id, region, availabilityZone: zone, instanceType: type };
  return {
    [`${data}/instance-id`]: id,
    [`${data}/instance-type`]: type,
    [`${data}/local-ipv4`]: privateIp,
    ...(instance.notice && { [`${data}/spot/instance-action`]: JSON.stringify(instance.notice) }),
    ...(publicIp === undefined ? {} : { [`${data}/public-ipv4`]: publicIp }),
    [`${data}/placement/region`]: region,
    [`${data}/placement/availability-zone`]: zone,
    '/latest/user-data': instance.userData.toString(),
    '/latest/dynamic/instance-identity/document': JSON.stringify(identity),
    ...(role && {
      [`${data}/iam/security-credentials`]: profile,
      [`${data}/iam/security-credentials/${profile}`]: JSON.stringify({
        Code: 'Success',
        Type: 'AWS-HMAC',
        LastUpdated: timestamp(0),
        AccessKeyId: role.accessKeyId,
        SecretAccessKey: role.secretAccessKey,
        Token: role.sessionToken,
        Expiration: timestamp(6 * 3600),
      }),
    }),
  };
}

/** As the service writes it: without fractions of a second. */
function timestamp(seconds: number): string {
  return `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
}
