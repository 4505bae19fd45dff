import { isSecret } from './secret.ts';

/** What the server is asked for. */
export type WebRoute = 'page' | 'updates' | 'scram';

/** What a request must say to be answered. */
export interface Admission {
  /** The addresses that the server listens on, each with its port: what `Host` may be. */
  readonly authorities: readonly string[];
  /** The path of the page, without its slash. */
  readonly page: string;
  /** What updates and scram want in `X-Cnd-Token`. */
  readonly token: string;
}

/** As much of a request as is judged. */
export interface WebRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Each header with all values that it was given. */
  readonly headers: Readonly<Partial<Record<string, readonly string[]>>>;
}

/** A request that is to be answered, or the status that refuses it, with the methods that there are. */
export type Admitted =
  | { readonly route: WebRoute }
  | { readonly refusal: 403 | 404 }
  | { readonly refusal: 405; readonly allow: string };

/** The header of the token. A page of another origin cannot send it: for that a browser asks first, and is refused. */
export const tokenHeader = 'x-cnd-token';

/**
 * Judges a request by its head alone. `Host` must be an address of ours, so that a name that somebody has made to lead here
 * (DNS rebinding) is refused; `Origin` must be the same address, where there is one, and there must be one for a scram. Pure.
 */
export function admit({ method, url = '', headers }: WebRequest, admission: Admission): Admitted {
  const [host, ...hosts] = headers['host'] ?? [];
  if (host === undefined || hosts.length > 0 || !admission.authorities.includes(host))
    return { refusal: 403 };
  const origins = headers['origin'] ?? [];
  if (origins.some((origin) => origin !== `http://${host}`)) return { refusal: 403 };
  const route = routeOf(url, admission);
  if (route === undefined) return { refusal: 404 };
  if (route === 'scram' ? method !== 'POST' : method !== 'GET')
    return { refusal: 405, allow: route === 'scram' ? 'POST' : 'GET' };
  if (route === 'page') return { route };
  const [site = 'same-origin'] = headers['sec-fetch-site'] ?? [];
  if (site !== 'same-origin' || (route === 'scram' && origins.length !== 1)) return { refusal: 403 };
  const [token = '', ...tokens] = headers[tokenHeader] ?? [];
  return tokens.length === 0 && isSecret(token, admission.token) ? { route } : { refusal: 403 };
}

/** Whoever knows the path of the page may read it: a browser without scripts can send no header. */
function routeOf(url: string, { page }: Admission): WebRoute | undefined {
  if (url === '/updates') return 'updates';
  if (url === '/scram') return 'scram';
  return isSecret(url, `/${page}`) ? 'page' : undefined;
}
