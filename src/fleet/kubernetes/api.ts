import type { KubernetesClient } from '../../kubernetes/client.ts';
import { KubernetesError, isNotFound, isPassing } from '../../kubernetes/failure.ts';
import { retry } from '../../retry.ts';
import { onceAborted } from '../../wait.ts';
import { jobName, labelKeys, runSelector } from './label.ts';
import { type Listed, listAll } from '../../kubernetes/page.ts';
import {
  type JobObject,
  type Pod,
  anyObject,
  eventList,
  jobList,
  jobObject,
  podChange,
  podList,
  selfSubjectReview,
} from './object.ts';

/** Milliseconds for which the creation of a Job is tried again. */
const createTimeout = 15_000;

/** Milliseconds for an answer to it: webhooks of the cluster, which are asked before, are given 10 s by default. */
const admissionTimeout = 15_000;

/** Seconds after the end that it was given in which a watch is still waited for: its connection is dead then, and nobody has told. */
const silence = 10;

/** What a watch is asked for with. */
export interface WatchRequest {
  /** What has happened since is told. */
  readonly version: string;
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** It is not refused. */
  readonly onOpen?: () => void;
}

/** One line of a watch. */
export interface PodChange {
  /** How far the watch has come. */
  readonly version: string;
  /** As it is now, or was last; absent where only the version is told. */
  readonly pod?: Pod;
  /** There is no such pod any more. */
  readonly isGone?: boolean;
}

/** The calls of this fleet, in one namespace or, without one, in all. */
export class KubernetesApi {
  readonly client: KubernetesClient;
  readonly namespace: string | undefined;

  constructor(client: KubernetesClient, namespace: string | undefined) {
    this.client = client;
    this.namespace = namespace;
  }

  /** The user, as the API server knows them. @throws KubernetesError */
  async user(signal?: AbortSignal): Promise<string> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const what = 'asking who calls';
    const { status } = await this.client.request('POST', path, selfSubjectReview, { what, body, signal });
    return status.userInfo.username;
  }

  /**
   * Creates a Job. One that was created by an attempt whose answer was lost is the same one, as its name is the run's.
   * @throws KubernetesError
   */
  async createJob(run: string, manifest: object, signal: AbortSignal): Promise<JobObject> {
    const what = `creating the Job ${jobName(run)}`;
    const create = async (): Promise<JobObject> => {
      try {
        return await this.client.request('POST', this.#jobs(), jobObject, {
          what,
          body: manifest,
          timeout: admissionTimeout,
        });
      } catch (error) {
        const own = isConflict(error) ? await this.#own(run) : undefined;
        if (own) return own;
        throw error;
      }
    };
    return retry(create, { signal, timeout: createTimeout, isRetryable: isPassing });
  }

  /** Changes a Job, whatever has been changed of it meanwhile. Idempotent. `what` is done so, for errors. @throws KubernetesError */
  async patchJob(run: string, body: object, what: string, signal: AbortSignal): Promise<void> {
    const path = `${this.#jobs()}/${jobName(run)}`;
    const patch = async () =>
      this.client.request('PATCH', path, anyObject, { what, body, timeout: admissionTimeout });
    await retry(patch, { signal, timeout: createTimeout, isRetryable: isPassing });
  }

  /**
   * Sets annotations of a Job (null removes one), if nothing of it has changed since it was read; gives whether it was so.
   * @throws KubernetesError
   */
  async annotateJob(
    run: string,
    { metadata }: JobObject,
    annotations: Readonly<Record<string, string | null>>,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const what = `annotating the Job ${jobName(run)}`;
    // A patch with a version is refused as a conflict when the object has another one (API conventions, "Concurrency Control").
    const body = { metadata: { resourceVersion: metadata.resourceVersion, uid: metadata.uid, annotations } };
    try {
      await this.client.request('PATCH', `${this.#jobs()}/${jobName(run)}`, anyObject, {
        what,
        body,
        signal,
      });
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && (error.status === 409 || error.status === 404)) return false;
      throw error;
    }
  }

  /** Creates the ConfigMap of a run; one that is there already is the same. @throws KubernetesError */
  async createConfigMap(run: string, manifest: object, signal: AbortSignal): Promise<void> {
    const what = `creating the ConfigMap ${jobName(run)}`;
    const path = this.#path('/api/v1', 'configmaps');
    const create = async (): Promise<void> => {
      try {
        await this.client.request('POST', path, anyObject, {
          what,
          body: manifest,
          timeout: admissionTimeout,
        });
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    };
    await retry(create, { signal, timeout: createTimeout, isRetryable: isPassing });
  }

  /** The Job of a run; undefined when there is none. @throws KubernetesError */
  async job(run: string, signal?: AbortSignal): Promise<JobObject | undefined> {
    try {
      const what = `looking for the Job ${jobName(run)}`;
      return await this.client.request('GET', `${this.#jobs()}/${jobName(run)}`, jobObject, { what, signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Every Job of cnd. @throws KubernetesError */
  async jobs(signal?: AbortSignal): Promise<readonly JobObject[]> {
    const query = { labelSelector: runSelector() };
    const what = 'listing the Jobs';
    return (await listAll(this.client, this.#jobs(), jobList, { what, query, signal })).items;
  }

  /** The pods of a run, or of every run of cnd. @throws KubernetesError */
  async pods(run: string | undefined, signal?: AbortSignal): Promise<readonly Pod[]> {
    return (await this.listedPods(run, signal)).items;
  }

  /** The same, and from which version on to watch them. @throws KubernetesError */
  async listedPods(run: string | undefined, signal?: AbortSignal, pageSize?: number): Promise<Listed<Pod>> {
    const query = { labelSelector: runSelector(run) };
    const what = 'listing the pods';
    return listAll(this.client, this.#path('/api/v1', 'pods'), podList, { what, query, signal }, pageSize);
  }

  /** A pod by its name, with the right to list pods; undefined when there is none. @throws KubernetesError */
  async pod(name: string, signal?: AbortSignal): Promise<Pod | undefined> {
    const query = { fieldSelector: `metadata.name=${name}` };
    const request = { what: `looking for the pod ${name}`, query, signal };
    return (await this.client.request('GET', this.#path('/api/v1', 'pods'), podList, request)).items[0];
  }

  /**
   * What becomes of the pods of a run from a version on, until the API server ends it, which it does after so many seconds, or
   * the connection is lost; one that is silent is given up soon afterwards.
   * @throws KubernetesError, of status 410 when it cannot go on from there, such as from a version that is too old.
   */
  async *podChanges(
    run: string,
    { version, seconds, signal, onOpen }: WatchRequest,
  ): AsyncGenerator<PodChange> {
    const query = {
      labelSelector: runSelector(run),
      watch: 'true',
      resourceVersion: version,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(seconds),
    };
    const what = 'watching the pods';
    const path = this.#path('/api/v1', 'pods');
    signal.throwIfAborted();
    const over = new AbortController();
    const off = onceAborted(signal, () => over.abort(signal.reason));
    const timer = setTimeout(() => over.abort(), 1000 * (seconds + silence));
    try {
      for await (const line of this.client.lines(path, { what, query, signal: over.signal, onOpen })) {
        const change = podChange.safeParse(parseJson(line)).data;
        if (!change || change.type === 'ERROR') {
          const words = change?.object.message ?? 'the answer is not understood';
          throw new KubernetesError(`${what}: ${words}`, { status: 410, about: path });
        }
        const { type, object } = change;
        const reached = object.metadata.resourceVersion ?? '';
        if (type === 'BOOKMARK') yield { version: reached };
        else yield { version: reached, pod: object, isGone: type === 'DELETED' };
      }
    } finally {
      clearTimeout(timer);
      off();
    }
  }

  /** What the controller says of a Job, as it makes its pods. @throws KubernetesError */
  async jobWarnings(
    run: string,
    signal?: AbortSignal,
  ): Promise<readonly { reason: string; message: string }[]> {
    const query = {
      fieldSelector: `involvedObject.kind=Job,involvedObject.name=${jobName(run)},type=Warning`,
    };
    const what = 'listing the events';
    const path = this.#path('/api/v1', 'events');
    const { items } = await this.client.request('GET', path, eventList, { what, query, signal });
    return items.map(({ reason, message }) => ({ reason: reason ?? '', message: message ?? '' }));
  }

  /** Deletes the Job of a run and, before it, its pods. Idempotent. @throws KubernetesError */
  async deleteJob(run: string): Promise<void> {
    await this.#delete(`${this.#jobs()}/${jobName(run)}`, `deleting the Job ${jobName(run)}`, {
      propagationPolicy: 'Foreground',
    });
  }

  /** Deletes one pod. Idempotent. @throws KubernetesError */
  async deletePod(name: string): Promise<void> {
    await this.#delete(`${this.#path('/api/v1', 'pods')}/${name}`, `deleting the pod ${name}`, {});
  }

  async #delete(path: string, what: string, options: object): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    try {
      await this.client.request('DELETE', path, anyObject, { what, body });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #own(run: string): Promise<JobObject | undefined> {
    const job = await this.job(run);
    return job?.metadata.labels?.[labelKeys.run] === run ? job : undefined;
  }

  #jobs(): string {
    return this.#path('/apis/batch/v1', 'jobs');
  }

  #path(group: string, resource: string): string {
    return this.namespace === undefined
      ? `${group}/${resource}`
      : `${group}/namespaces/${this.namespace}/${resource}`;
  }
}

/** Whether there is something of that name already. */
function isConflict(error: unknown): boolean {
  return error instanceof KubernetesError && error.reason === 'AlreadyExists';
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
