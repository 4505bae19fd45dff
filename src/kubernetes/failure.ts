import { z } from 'zod';
import { CndError } from '../error.ts';

/** What to do about credentials that are refused, or cannot be had. */
export const loginHint = 'log in again, as for kubectl; test with: kubectl auth whoami';

/** What the API server says of a request that failed (meta/v1 Status), as far as it is read. */
const apiStatus = z.object({
  status: z.string().optional(),
  message: z.string().optional(),
  /** A word for programs: `NotFound`, `Forbidden`, `AlreadyExists`. */
  reason: z.string().optional(),
  details: z
    .object({
      causes: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })).nullish(),
    })
    .nullish(),
});

/** See `parseStatus`. */
export type ApiStatus = z.output<typeof apiStatus>;

/** A request that the API server refused, or that did not reach it. */
export class KubernetesError extends CndError {
  /** HTTP's; undefined when there was no answer. */
  readonly status: number | undefined;
  readonly reason: string | undefined;

  constructor(
    message: string,
    detail: {
      readonly status?: number | undefined;
      readonly reason?: string | undefined;
      readonly about: string;
      readonly hint?: string | undefined;
      readonly cause?: unknown;
    },
  ) {
    const { status, reason, about, hint, cause } = detail;
    const code =
      status === 401
        ? 'kubernetes-unauthorized'
        : status === 403
          ? 'kubernetes-forbidden'
          : status === undefined
            ? 'kubernetes-unreachable'
            : 'kubernetes-refused';
    super(code, message, { about, ...(hint !== undefined && { hint }), cause });
    this.status = status;
    this.reason = reason;
  }
}

/** Whether there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 404;
}

/** Whether somebody has no right to something. */
export function isForbidden(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 403;
}

/** Whether a request may work a moment later: the API server restarts, is overloaded, or is not reached. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof KubernetesError)) return false;
  const { status } = error;
  return status === undefined || status === 429 || status >= 500;
}

/** The error for an answer of the API server. Pure. */
export function refusal(what: string, server: string, status: number, body: string): KubernetesError {
  const told = parseStatus(body);
  const words = told?.message ?? (body.slice(0, 300).trim() || `HTTP ${status}`);
  if (status === 401) {
    return new KubernetesError(`${server} does not accept the credentials of the kubeconfig: ${words}`, {
      status,
      reason: told?.reason,
      about: server,
      hint: loginHint,
    });
  }
  const hint = status === 403 ? forbiddenHint(words) : undefined;
  return new KubernetesError(`${what}: ${words}`, { status, reason: told?.reason, about: server, hint });
}

/** What to do about what is forbidden. Admission, such as that of a quota, says so as well, of whoever has the right. Pure. */
function forbiddenHint(words: string): string | undefined {
  if (/User ".*" cannot /.test(words)) return 'the rights that cnd needs are in docs/kubernetes.md';
  return isOfConstraints(words) ? constraintsHint : undefined;
}

/** What to do where the cluster has Security Context Constraints (OpenShift documentation), each of which wants other users. */
export const constraintsHint = 'OpenShift assigns the user of a pod: set kubernetes.runAsUser to "cluster"';

/** Whether these words are those of Security Context Constraints. Pure. */
export function isOfConstraints(words: string): boolean {
  return words.includes('unable to validate against any security context constraint');
}

/** The Status in an answer; undefined where it is something else. Pure. */
export function parseStatus(text: string): ApiStatus | undefined {
  try {
    return apiStatus.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
