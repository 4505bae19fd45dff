import { randomUUID } from 'node:crypto';

import { escapeXml, writeXml, type XmlNode } from './xml.ts';

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

export function json(content: object, status = 200): Answer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
    body: Buffer.from(JSON.stringify(content)),
  };
}

export function xml(content: XmlNode | string, status = 200): Answer {
  const text = typeof content === 'string' ? content : writeXml(content);
  return {
    status,
    headers: { 'content-type': 'text/xml;charset=UTF-8' },
    body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`),
  };
}

export function plain(text: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'text/plain' }, body: Buffer.from(text) };
}

/** Words that mean the same everywhere and have another code in each service. */
const dialects: Record<string, Record<string, string>> = {
  Throttled: {
    ec2: 'RequestLimitExceeded',
    s3: 'SlowDown',
    sqs: 'ThrottlingException',
    pricing: 'ThrottlingException',
    servicequotas: 'TooManyRequestsException',
    '': 'Throttling',
  },
  Expired: { ec2: 'RequestExpired', s3: 'ExpiredToken', sts: 'ExpiredToken', '': 'ExpiredTokenException' },
  Denied: {
    ec2: 'UnauthorizedOperation',
    s3: 'AccessDenied',
    sts: 'AccessDenied',
    '': 'AccessDeniedException',
  },
  BadSignature: {
    ec2: 'AuthFailure',
    s3: 'SignatureDoesNotMatch',
    sts: 'SignatureDoesNotMatch',
    '': 'InvalidSignatureException',
  },
  UnknownKey: {
    ec2: 'AuthFailure',
    s3: 'InvalidAccessKeyId',
    sts: 'InvalidClientTokenId',
    '': 'UnrecognizedClientException',
  },
  Internal: { s3: 'InternalError', '': 'InternalError' },
};

/** https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html; what is not here is 400. */
const statuses: Record<string, number> = {
  RequestLimitExceeded: 503,
  SlowDown: 503,
  ServiceUnavailable: 503,
  Unavailable: 503,
  InternalError: 500,
  InternalFailure: 500,
  InsufficientInstanceCapacity: 500,
  InsufficientAddressCapacity: 500,
  UnauthorizedOperation: 403,
  AccessDenied: 403,
  AuthFailure: 401,
  SignatureDoesNotMatch: 403,
  InvalidAccessKeyId: 403,
  InvalidClientTokenId: 403,
  DryRunOperation: 412,
  NoSuchBucket: 404,
};

/** The code that a service uses for a fault that all know: `Throttled`, `Expired`, `Denied` …; any other is itself. */
export function errorCode(service: string, word: string): string {
  const dialect = dialects[word];
  return dialect?.[service] ?? dialect?.[''] ?? word;
}

/** An error as the service would send it. */
export function awsError(service: string, word: string, message: string, status?: number): Answer {
  const code = errorCode(service, word);
  const number = status ?? statuses[code] ?? 400;
  const what = `<Code>${code}</Code><Message>${escapeXml(message)}</Message>`;
  if (service === 'ec2') {
    const errors = `<Errors><Error>${what}</Error></Errors>`;
    return xml(`<Response>${errors}<RequestID>${randomUUID()}</RequestID></Response>`, number);
  }
  if (service === 's3') return xml(`<Error>${what}<RequestId>stage</RequestId></Error>`, number);
  if (service === 'sts' || service === 'iam') {
    return xml(`<ErrorResponse><Error><Type>Sender</Type>${what}</Error></ErrorResponse>`, number);
  }
  const answer = json({ __type: `com.amazonaws.${service}#${code}`, message }, number);
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': code } };
}

/** The error's code in an answer, for the record of calls. */
export function codeOf({ status, body, headers }: Answer): string | undefined {
  if (status < 400) return undefined;
  const type = headers['x-amzn-errortype'];
  const text = body.subarray(0, 4000).toString();
  const found = /<Code>([^<]+)</.exec(text)?.[1] ?? /"__type": ?"(?:[^"#]*#)?([^"]+)"/.exec(text)?.[1];
  return found ?? (typeof type === 'string' ? type : String(status));
}
