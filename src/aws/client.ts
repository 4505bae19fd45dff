import { version } from '../package.ts';
import { companyAgent } from './company-network.ts';
import { type CredentialProvider, credentialProvider, unusable } from './credential/credential.ts';
import { credentialSource, profileOf } from './credential/source.ts';
import { type AwsService, configuredEndpoint } from './endpoint.ts';
import { readSharedFiles } from './credential/profile.ts';

// Shared by fleet/ec2, broadcast/sqs and archive/s3: what every AWS client of cnd is made with, so that all of them
// take the same region, credentials, endpoints and way out. It imports no SDK; pass the result to a client's constructor.

/** Where and as whom AWS is called; what is absent is the standard chain's to find. */
export interface AwsSettings {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  /** In place of AWS's own endpoint, e.g. of a compatible service. `AWS_ENDPOINT_URL[_<SERVICE>]` do without it. */
  readonly endpoint?: string | undefined;
}

/** How requests are sent: within which milliseconds, and through what. */
interface RequestHandlerOptions {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly throwOnRequestTimeout: boolean;
  readonly httpsAgent?: ReturnType<typeof companyAgent>;
}

/** The part of every client's configuration that they have in common. */
export interface AwsClientConfig {
  region?: string | (() => Promise<string>);
  credentials?: CredentialProvider;
  profile?: string;
  endpoint?: string;
  customUserAgent: [string, string][];
  logger: Readonly<Record<'debug' | 'info' | 'warn' | 'error', () => void>>;
  requestHandler: RequestHandlerOptions;
}

const nothing = (): void => {};

/** Without a logger of ours the SDK warns on the console, into the live view: what goes wrong is told by our events. */
const silence = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/**
 * The configuration of a client. Credentials are found as by the AWS CLI (environment, profiles, SSO, processes, instance
 * role), as are endpoints, a proxy and a certificate authority.
 * @param requestTimeout Milliseconds that one attempt may take; long polls need more than they wait.
 * @throws UsageError when HTTPS_PROXY or AWS_CA_BUNDLE can't be used.
 */
export function awsClientConfig(
  service: AwsService,
  { region, profile, endpoint }: AwsSettings,
  env: NodeJS.ProcessEnv,
  requestTimeout = 10_000,
): AwsClientConfig {
  // The SDK would print to stderr, amid our own output, that Node 20 has an end; package.json caps its versions.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const files = readSharedFiles(env);
  const named = profileOf(profile, env);
  const httpsAgent = companyAgent(env, files.profiles.get(named ?? 'default'));
  // The SDK's default is to wait for ever, and `requestTimeout` alone only logs.
  const limits = { connectionTimeout: 5000, requestTimeout, throwOnRequestTimeout: true };
  const requestHandler = { ...limits, ...(httpsAgent && { httpsAgent }) };
  const credentials = credentialProvider(profile, env, files, requestHandler);
  const failure = unusable(credentialSource(profile, env, files), files);
  // A region is looked for before credentials: of a profile that does not exist it must not be what is told as missing.
  const noRegion = failure && (async () => Promise.reject(failure));
  const where = region ?? regionFromEnvironment(env) ?? noRegion;
  const server = endpoint ?? configuredEndpoint(service, profile, env, files);
  return {
    ...(where !== undefined && { region: where }),
    ...(credentials && { credentials }),
    ...(named !== undefined && { profile: named }),
    ...(server !== undefined && { endpoint: server }),
    customUserAgent: [['cnd', version]],
    logger: silence,
    requestHandler,
  };
}

/**
 * The region that the environment names. The CLI and most SDKs take AWS_DEFAULT_REGION as well; the one for JavaScript
 * does not. Undefined: the profile's, which the SDK finds.
 */
export function regionFromEnvironment(env: NodeJS.ProcessEnv): string | undefined {
  return env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined;
}

/** The endpoint that somebody named in place of AWS's own for a service; undefined: AWS's own. */
export function customEndpoint(
  service: AwsService,
  { endpoint, profile }: AwsSettings,
  env: NodeJS.ProcessEnv,
): string | undefined {
  return endpoint ?? configuredEndpoint(service, profile, env, readSharedFiles(env));
}
