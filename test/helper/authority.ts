import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A company's certificate authority, and a certificate that it gave for all the names that a test asks for. */
export interface Authority {
  /** Path of its own certificate, in PEM form. */
  readonly bundle: string;
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** Makes one with openssl, in a directory of the test's. */
export function makeAuthority(directory: string, names: readonly string[]): Authority {
  const path = (name: string): string => join(directory, name);
  const openssl = (...words: string[]): void => void execFileSync('openssl', words, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = ['-x509', '-days', '2', '-subj', '/CN=cnd test authority'];
  openssl('req', ...ca, ...key, '-keyout', path('ca.key'), '-out', path('ca.pem'));
  openssl('req', '-subj', '/CN=aws', ...key, '-keyout', path('aws.key'), '-out', path('aws.csr'));
  writeFileSync(path('names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
  const signed = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', '2'];
  openssl(
    'x509',
    '-req',
    '-in',
    path('aws.csr'),
    ...signed,
    '-extfile',
    path('names'),
    '-out',
    path('aws.pem'),
  );
  return { bundle: path('ca.pem'), key: readFileSync(path('aws.key')), cert: readFileSync(path('aws.pem')) };
}
