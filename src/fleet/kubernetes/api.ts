import type { KubernetesClient } from '../../kubernetes/client.ts';
import { KubernetesError, isNotFound, isPassing } from '../../kubernetes/failure.ts';
import { retry } from '../../retry.ts';
import { jobName, labelKeys, runSelector } from './label.ts';
import {
  type JobObject,
  type Pod,
  anyObject,
  eventList,
  jobList,
  jobObject,
  podList,
  selfSubjectReview,
} from './object.ts';

/** Milliseconds for which the creation of a Job is tried again. */
const createTimeout = 15_000;

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
  async createJob(run: string, manifest: object, signal: AbortSignal): Promise<void> {
    const what = `creating the Job ${jobName(run)}`;
    const create = async (): Promise<void> => {
      try {
        await this.client.request('POST', this.#jobs(), anyObject, { what, body: manifest });
      } catch (error) {
        if (error instanceof KubernetesError && error.reason === 'AlreadyExists' && (await this.#isOurs(run)))
          return;
        throw error;
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
    return (await this.client.request('GET', this.#jobs(), jobList, { what, query, signal })).items;
  }

  /** The pods of a run, or of every run of cnd. @throws KubernetesError */
  async pods(run: string | undefined, signal?: AbortSignal): Promise<readonly Pod[]> {
    const query = { labelSelector: runSelector(run) };
    const what = 'listing the pods';
    return (await this.client.request('GET', this.#path('/api/v1', 'pods'), podList, { what, query, signal }))
      .items;
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

  async #isOurs(run: string): Promise<boolean> {
    return (await this.job(run))?.metadata.labels?.[labelKeys.run] === run;
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
