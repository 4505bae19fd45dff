import { basename } from 'node:path';

/** What stands in place of a secret. */
const hidden = '[redacted]';

/** Variables that hold secrets: what they hold is hidden wherever it turns up. */
const secretVariables = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_BEARER_TOKEN_BEDROCK',
];

/** Names after which a secret stands, in JSON, INI, headers and query strings. */
const label =
  '(?:aws_?)?secret_?(?:access_?)?key|(?:x-amz-)?security-?token|x-amz-(?:signature|credential)|(?:session|access|refresh|id|auth|bearer)_?token|token|client_?secret|signature|(?:proxy-)?authorization|passw(?:or)?d|dpop(?:key)?';

const rules: readonly (readonly [RegExp, string | ((...match: string[]) => string)])[] = [
  // What a shell ran and what it printed (child_process.exec): of a credential_process both hold secrets.
  [
    /Command failed: ([\s\S]*)/,
    (_, command = '') => `Command failed: ${programOf(command)}[arguments and output redacted]`,
  ],
  // S3 and SQS explain a wrong signature with the whole request that should have been signed.
  [/(Canonical String|String-to-Sign|StringToSign)[\s\S]*/i, `$1 ${hidden}`],
  [/(AWS4-[A-Z0-9-]+)\s[^\n]*/g, `$1 ${hidden}`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/g, `$1 ${hidden}`],
  // JSON.parse quotes what it could not read.
  [
    /"(?:[^"\\]|\\.|"(?!(?:\.\.\.)? is not valid JSON))*"(?:\.\.\.)? is not valid JSON/g,
    `${hidden} is not valid JSON`,
  ],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${hidden}@`],
  [/\?[^\s'"<>]*X-Amz-[^\s'"<>]*/gi, `?${hidden}`],
  [
    new RegExp(String.raw`(\b(?:${label})\b\\?["']?\s*[:=]\s*)(?:\\?"[^"\\]*\\?"|'[^']*'|[^\s,;&}<]+)`, 'gi'),
    `$1${hidden}`,
  ],
  [new RegExp(String.raw`(<(?:${label})>)[^<]*`, 'gi'), `$1${hidden}`],
  // Session tokens of STS, and JSON web tokens, by what they begin with.
  [/\b(?:IQoJ|FwoG|FQoG|AQoD)[\w+/=-]{50,}/g, hidden],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, hidden],
  // A bare secret access key: 40 characters of base64, which letters of both cases and digits tell from a digest or a path.
  [/(?<![\w/+=])(?=[^\s]*[a-z])(?=[^\s]*[A-Z])(?=[^\s]*\d)[A-Za-z\d/+]{40}(?![\w/+=])/g, hidden],
];

/**
 * A text without what must not be seen: secret keys, tokens, signatures, signed requests, a credential_process's arguments and
 * output. Everything that others say (AWS, the SDK, programs) goes through it before it is told anywhere.
 */
export function redact(text: string, env: NodeJS.ProcessEnv = process.env): string {
  let clean = text;
  for (const name of secretVariables) {
    const value = env[name];
    if (value !== undefined && value.length >= 8) clean = clean.replaceAll(value, hidden);
  }
  for (const [pattern, replacement] of rules)
    clean =
      typeof replacement === 'string'
        ? clean.replace(pattern, replacement)
        : clean.replace(pattern, replacement);
  return clean;
}

/** The program that a command line runs, where it can be told apart from what is secret. */
function programOf(command: string): string {
  const [word = ''] = command.trim().split(/\s/, 1);
  return /^[\w./-]+$/.test(word) ? `${basename(word)} ` : '';
}
