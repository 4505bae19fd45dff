import { version } from '../version.ts';

// Shared by fleet/ec2, broadcast/sqs and archive/s3: what every AWS client of cnd is made with, so that all of them
// take the same region, credentials and endpoints. It imports no SDK; pass the result to a client's constructor.

/** Where and as whom AWS is called; what is absent is the standard chain's to find. */
export interface AwsSettings {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  /** In place of AWS's own endpoint, e.g. of a compatible service. `AWS_ENDPOINT_URL[_<SERVICE>]` do without it. */
  readonly endpoint?: string | undefined;
}

/** The part of every client's configuration that they have in common. */
export interface AwsClientConfig {
  region?: string;
  profile?: string;
  endpoint?: string;
  customUserAgent: [string, string][];
  logger: Readonly<Record<'debug' | 'info' | 'warn' | 'error', () => void>>;
  requestHandler: { connectionTimeout: number; requestTimeout: number; throwOnRequestTimeout: boolean };
}

const nothing = (): void => {};

/** Without a logger of ours the SDK warns on the console, into the live view: what goes wrong is told by our events. */
const silence = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/**
 * The configuration of a client. Credentials come from the SDK's default chain (environment, profiles, SSO, processes,
 * instance role), as with every AWS tool.
 * @param requestTimeout Milliseconds that one attempt may take; long polls need more than they wait.
 */
export function awsClientConfig(
  { region, profile, endpoint }: AwsSettings,
  env: NodeJS.ProcessEnv,
  requestTimeout = 10_000,
): AwsClientConfig {
  // The SDK would print to stderr, amid our own output, that Node 20 has an end; package.json caps its versions.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const where = region ?? regionFromEnvironment(env);
  return {
    ...(where !== undefined && { region: where }),
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { endpoint }),
    customUserAgent: [['cnd', version]],
    logger: silence,
    // The SDK's default is to wait for ever, and `requestTimeout` alone only logs.
    requestHandler: { connectionTimeout: 5000, requestTimeout, throwOnRequestTimeout: true },
  };
}

/**
 * The region that the environment names. The CLI and most SDKs take AWS_DEFAULT_REGION as well; the one for JavaScript
 * does not. Undefined: the profile's, which the SDK finds.
 */
export function regionFromEnvironment(env: NodeJS.ProcessEnv): string | undefined {
  return env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined;
}

/** The endpoint that somebody named in place of AWS's own for a service, e.g. `SQS`; undefined: AWS's own. */
export function customEndpoint(
  service: string,
  { endpoint }: AwsSettings,
  env: NodeJS.ProcessEnv,
): string | undefined {
  return endpoint ?? (env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'] || undefined);
}
