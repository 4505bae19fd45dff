import { Agent, type AgentOptions } from 'node:https';
import { UsageError } from '../error.ts';
import { fileProblem } from '../file-error.ts';
import { readNamedFileSync } from '../file.ts';
import type { Section } from './credential/profile.ts';
import { ProxyAgent } from './proxy-agent.ts';

/** As many connections as the SDK would have by itself. */
const connections: AgentOptions = { keepAlive: true, maxSockets: 50 };

/**
 * What HTTPS connections to AWS are made with where a company's network asks for it: its proxy (HTTPS_PROXY, NO_PROXY) and its
 * certificate authority (AWS_CA_BUNDLE or the profile's `ca_bundle`, in place of the usual ones), as for the AWS CLI. The SDK
 * knows neither. Undefined: nothing of that is set.
 * @throws UsageError naming the variable that can't be used.
 */
export function companyAgent(
  env: NodeJS.ProcessEnv,
  profile: Section | undefined,
): Agent | ProxyAgent | undefined {
  const ca = authorities(env, profile);
  const options = { ...connections, ...(ca !== undefined && { ca }) };
  const proxy = httpsProxy(env);
  if (proxy === undefined) return ca === undefined ? undefined : new Agent(options);
  return new ProxyAgent(proxy, env['no_proxy'] ?? env['NO_PROXY'] ?? '', options);
}

/** The proxy for HTTPS; like urllib, the variable in small letters first, and `http://` where no scheme is said. */
export function httpsProxy(env: NodeJS.ProcessEnv): URL | undefined {
  const name = env['https_proxy'] === undefined ? 'HTTPS_PROXY' : 'https_proxy';
  const value = env[name];
  if (!value) return undefined;
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value.replace(/^\/\//, '')}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== '') return url;
  // Without the value: it may hold a password.
  throw new UsageError('bad-proxy', `${name} is not the URL of a proxy`, {
    about: name,
    hint: 'it must be like http://proxy.example.com:3128',
  });
}

function authorities(env: NodeJS.ProcessEnv, profile: Section | undefined): string | undefined {
  const path = env['AWS_CA_BUNDLE'] || profile?.['ca_bundle'];
  if (!path) return undefined;
  try {
    return readNamedFileSync(path);
  } catch (error) {
    const name = env['AWS_CA_BUNDLE'] ? 'AWS_CA_BUNDLE' : 'ca_bundle of the AWS profile';
    throw new UsageError('bad-ca-bundle', `${name} is '${path}': it cannot be read: ${fileProblem(error)}`, {
      about: name,
      hint: 'it must be the path of a file with certificates in PEM form',
      cause: error,
    });
  }
}
