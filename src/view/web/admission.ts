import { isSecret } from './secret.ts';

/** What the server is asked for. */
export type WebRoute = 'page' | 'updates' | 'scram';

/** What a request must say to be answered. */
export interface Admission {
  /** The addresses that the server listens on, each with its port: what `Host` may be. */
  readonly authorities: readonly string[];
  /** What updates and scram require in `X-Cnd-Token`. */
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

const routes: ReadonlyMap<string, { readonly route: WebRoute; readonly allow: string }> = new Map([
  ['/', { route: 'page', allow: 'GET' }],
  ['/updates', { route: 'updates', allow: 'POST' }],
  ['/scram', { route: 'scram', allow: 'POST' }],
]);

/** The header of the token. A page of another origin cannot send it: the browser sends a preflight request first, which is refused. */
export const tokenHeader = 'x-cnd-token';

/**
 * Judges a request by its head alone. `Host` must be an address that the server listens on, so that a name that was made to
 * resolve to loopback (DNS rebinding) is refused. The page itself, which tells nothing of the run, can be loaded by a browser's
 * navigation: that sends neither an origin nor a token. Everything else must have both; as a POST, because browsers send no
 * `Origin` with a GET of the same origin. Pure.
 */
export function admit({ method, url = '', headers }: WebRequest, admission: Admission): Admitted {
  const [host, ...hosts] = headers['host'] ?? [];
  if (host === undefined || hosts.length > 0 || !admission.authorities.includes(host))
    return { refusal: 403 };
  const origins = headers['origin'] ?? [];
  if (origins.some((origin) => origin !== `http://${host}`)) return { refusal: 403 };
  const found = routes.get(url);
  if (!found) return { refusal: 404 };
  const { route, allow } = found;
  if (method !== allow) return { refusal: 405, allow };
  if (route === 'page') return { route };
  const [site = 'same-origin'] = headers['sec-fetch-site'] ?? [];
  if (site !== 'same-origin' || origins.length !== 1) return { refusal: 403 };
  const [token = '', ...tokens] = headers[tokenHeader] ?? [];
  return tokens.length === 0 && isSecret(token, admission.token) ? { route } : { refusal: 403 };
}
