import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import type { Principal } from '../account/principal.ts';
import type { RawRequest } from './call.ts';

/**
 * Whether a request is signed with the keys of this principal (Signature Version 4): the agents sign with code of their
 * own, which moto would believe in any case. Presigned requests and those of S3 with chunks are taken as they are.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function isSigned(request: RawRequest, { secretAccessKey, sessionToken }: Principal): boolean {
  const { headers, method, body } = request;
  const parts = /Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]+)/.exec(
    headers.authorization ?? '',
  );
  if (!parts) return true;
  const [, scope = '', names = '', signature = ''] = parts;
  const [, date = '', region = '', service = '', end = ''] = scope.split('/');
  if (sessionToken !== undefined && headers['x-amz-security-token'] !== sessionToken) return false;
  const url = new URL(request.target, 'http://stage');
  const path = service === 's3' ? url.pathname : url.pathname.split('/').map(encodeUri).join('/');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeUri(name)}=${encodeUri(value)}`)
    .toSorted()
    .join('&');
  const signed = names.split(';').map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replaceAll(/ +/g, ' ')}\n`,
  );
  const digest = String(headers['x-amz-content-sha256'] ?? sha256(body));
  if (/^[0-9a-f]{64}$/.test(digest) && digest !== sha256(body)) return false;
  const canonical = [method, path, query, signed.join(''), names, digest].join('\n');
  const time = String(headers['x-amz-date'] ?? '');
  const toSign = ['AWS4-HMAC-SHA256', time, [date, region, service, end].join('/'), sha256(canonical)].join(
    '\n',
  );
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const expected = hmac(key, toSign);
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function encodeUri(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.codePointAt(0)?.toString(16).toUpperCase()}`,
  );
}
