import { profileOf } from './credential/source.ts';
import type { SharedFiles } from './credential/profile.ts';

/** A service by the SDK's identifier, which names its variable and settings: `Service Quotas`. */
export type AwsService = 'EC2' | 'SQS' | 'S3' | 'STS' | 'Pricing' | 'Service Quotas' | 'Scheduler';

/** Where an instance finds its metadata (EC2 User Guide, "Access instance metadata"), unless the environment names another place. Pure. */
export function metadataEndpoint(env: NodeJS.ProcessEnv): string {
  return env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || 'http://169.254.169.254';
}

/**
 * The endpoint that somebody named in place of AWS's own: in the environment, or in the profile, for this service or for all
 * (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"). The SDK reads that of the profile in AWS_PROFILE only.
 * Undefined: AWS's own. Pure.
 */
export function configuredEndpoint(
  service: AwsService,
  profile: string | undefined,
  env: NodeJS.ProcessEnv,
  { profiles, services }: SharedFiles,
): string | undefined {
  const section = profiles.get(profileOf(profile, env) ?? 'default');
  const ignore = env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] ?? section?.['ignore_configured_endpoint_urls'];
  if (ignore?.toLowerCase() === 'true') return undefined;
  const word = service.replaceAll(' ', '_');
  const ofService = services.get(section?.['services'] ?? '')?.[`${word.toLowerCase()}.endpoint_url`];
  return (
    env[`AWS_ENDPOINT_URL_${word.toUpperCase()}`] ||
    env['AWS_ENDPOINT_URL'] ||
    ofService ||
    section?.['endpoint_url'] ||
    undefined
  );
}
