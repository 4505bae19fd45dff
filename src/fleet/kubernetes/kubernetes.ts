import type { z } from 'zod';
import { messageOf } from '../../error.ts';
import type { Instance } from '../../instance.ts';
import { KubernetesClient } from '../../kubernetes/client.ts';
import { KubernetesError, isForbidden, isPassing } from '../../kubernetes/failure.ts';
import { type PlaceChoice, loadKubeconfig } from '../../kubernetes/kubeconfig.ts';
import { requireRunId } from '../../run-id.ts';
import type { Session } from '../../session/session.ts';
import { workDirectory } from '../../session/work-directory.ts';
import { pause, withDeadline } from '../../wait.ts';
import type { ConnectOptions, FindReport, Fleet, FleetTiming, FoundRun, LaunchRequest } from '../fleet.ts';
import { parseHandle } from '../handle.ts';
import type { Preflight, PreflightRequest } from '../preflight.ts';
import type { DetachRequest, Detaching } from '../detached.ts';
import { KubernetesApi } from './api.ts';
import { connectPod } from './connect.ts';
import { claimJob } from './detached/claim.ts';
import { findDetached, createDetached } from './detached/detach.ts';
import { followJob } from './detached/follow.ts';
import { findJobs } from './find.ts';
import { recordPlace } from './place/history.ts';
import { jobManifest } from './job.ts';
import { podInstanceId } from './label.ts';
import { runHandle } from './place/place.ts';
import { indexOfPod, instancesOf } from './pod-instance.ts';
import { kubernetesPreflight } from './preflight/preflight.ts';
import { PodEnds } from './problem/pod-ends.ts';
import { ProblemReport } from './problem/problem-report.ts';
import { throughRestart } from './restart.ts';
import { type KubernetesSettings, coresOf, kubernetesDefaults } from './schema.ts';
import { podSyslogCommand } from './switch.ts';
import { terminatePods } from './terminate.ts';

/** The numbers of T here, in seconds. Deleting 100 pods took 12 s on a cluster of one node with two cores. */
const timing: FleetTiming = { reserve: 20, grace: 30, boot: 5, poll: 0.5, settle: 2 };

/** Seconds before T at which a pod that nobody drives ends its search: then it tells what it has done, and ends. */
const detachedReserve = 5;

/** Milliseconds for a cluster in which nobody has launched, as far as is known. */
const unusedTimeout = 3_000;

/** What this process knows of a run. */
interface KnownRun {
  readonly namespace: string;
  /** Pods that were asked for; undefined where another process did. */
  readonly count: number | undefined;
  /** Indexes whose pods have been seen. */
  readonly seen: Set<number>;
  readonly problems: ProblemReport | undefined;
  /** How its pods ended; absent where its Job is not driven from here. */
  readonly ends?: PodEnds;
  /** When its T is over, by `performance.now()`. */
  readonly timeLimitAt?: number;
  /** When it was first asked to be terminated, by `performance.now()`. */
  terminatingSince?: number;
  /** Nobody has heard the answer to the creation of its Job, which may appear later. */
  isUnanswered?: boolean;
}

/** What a fleet on Kubernetes is made of. */
export interface KubernetesOptions {
  readonly client: KubernetesClient;
  readonly settings?: Partial<KubernetesSettings> | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Where runs are looked for: in the namespace of the client, or in all. */
  readonly allNamespaces?: boolean;
  /** False: nobody has launched here, as far as is known, so that it need not be reached. */
  readonly isUsed?: boolean;
}

/** Pods of one Job as instances, reached by exec. Stateless but for what a launch told: everything else is found by labels. */
export class KubernetesFleet implements Fleet {
  readonly name = 'kubernetes';
  readonly timing = timing;
  readonly #options: KubernetesOptions;
  readonly #settings: KubernetesSettings;
  readonly #runs = new Map<string, KnownRun>();
  #client: KubernetesClient;
  #owner: string | undefined;

  constructor(options: KubernetesOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#settings = { ...kubernetesDefaults, ...options.settings };
  }

  /** The namespace, by the name of the context. */
  get where(): string {
    const { context, namespace } = this.#client.place;
    return this.#options.allNamespaces ? context : `${context}/${namespace}`;
  }

  async preflight(request: PreflightRequest, signal: AbortSignal): Promise<Preflight> {
    const preflight = await kubernetesPreflight(this.#api(), this.#settings, request, signal);
    this.#owner = preflight.owner;
    return preflight;
  }

  /** All pods or none, in one call; when they run is the cluster's matter: what keeps them from it is told. */
  async launch(request: LaunchRequest, signal: AbortSignal): Promise<Instance[]> {
    signal.throwIfAborted();
    const run = requireRunId(request.run);
    const { count, lifetime, expiresAt, notice } = request;
    const api = this.#api();
    const owner = (this.#owner ??= await api.user(signal));
    await recordPlace(this.#options.env, this.#client.place, expiresAt);
    const problems = notice && new ProblemReport(notice);
    const { namespace } = this.#client.place;
    const timeLimitAt = performance.now() + 1000 * (lifetime - timing.grace);
    const ends = new PodEnds(api, run);
    this.#runs.set(run, { namespace, count, seen: new Set(), problems, ends, timeLimitAt });
    const settings = this.#settings;
    try {
      await api.createJob(run, jobManifest({ run, settings, count, lifetime, owner, expiresAt }), signal);
      signal.throwIfAborted();
    } catch (error) {
      this.#noteUnanswered(run, error);
      await this.terminate(run);
      signal.throwIfAborted();
      throw error;
    }
    return Array.from({ length: count }, (_, index) =>
      this.#withThreads({ id: podInstanceId(run, index), index, state: 'pending' }),
    );
  }

  get detaching(): Detaching {
    return {
      reserve: detachedReserve,
      threads: coresOf(this.#settings.cpu),
      launch: (request, signal) => this.#detach(request, signal),
      find: async (beginning, onSkipped) => {
        const found = await this.#look((api, signal) => findDetached(api, beginning, signal), onSkipped);
        for (const { run, namespace } of found ?? []) this.#know(run.run, namespace);
        return (found ?? []).map(({ run }) => run);
      },
      claim: (run, by, signal, onWait) => claimJob(this.#api(run), run, by, { signal, onWait }),
      follow: (run, signal) => followJob(this.#api(run), run, signal),
    };
  }

  async #detach(request: DetachRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const run = requireRunId(request.run);
    const { count, lifetime, expiresAt } = request;
    const settings = this.#settings;
    const api = this.#api();
    const owner = (this.#owner ??= await api.user(signal));
    const kept = new Date(expiresAt.getTime() + 1000 * settings.ttlSecondsAfterFinished);
    await recordPlace(this.#options.env, this.#client.place, kept);
    this.#know(run, this.#client.place.namespace);
    try {
      await createDetached(api, { run, settings, count, lifetime, owner, expiresAt }, request, signal);
    } catch (error) {
      this.#noteUnanswered(run, error);
      await this.terminate(run);
      signal.throwIfAborted();
      throw error;
    }
  }

  handle(run: string): unknown {
    const { count = 0, namespace = this.#client.place.namespace } = this.#runs.get(run) ?? {};
    return { context: this.#client.place.context, namespace, count } satisfies z.input<typeof runHandle>;
  }

  async recover(run: string, handle: unknown, notice?: (message: string) => void): Promise<void> {
    if (handle === undefined) {
      this.#know(run, this.#client.place.namespace);
      this.#noteUnanswered(run);
      return;
    }
    const { context, namespace, count } = parseHandle(runHandle, run, handle);
    const { place } = this.#client;
    if (place.context !== context || place.namespace !== namespace) {
      this.#client = await openClient(this.#options.env, { context, namespace });
    }
    const problems = notice && new ProblemReport(notice);
    const known = { namespace, count, seen: new Set<number>(), problems };
    this.#runs.set(run, known);
    if (count > 0) this.#runs.set(run, { ...known, ends: new PodEnds(this.#api(run), run) });
  }

  async describe(run: string, signal?: AbortSignal): Promise<Instance[]> {
    const api = this.#api(run);
    const known = this.#runs.get(run);
    const { items: pods, version } = await api.listedPods(run, signal);
    known?.ends?.list(pods, version);
    const { count, seen = new Set<number>() } = known ?? {};
    const present = new Set(pods.map(indexOfPod));
    const isComplete = count !== undefined && present.size >= count;
    const job = isComplete ? undefined : await api.job(run, signal);
    await known?.ends?.known(
      [...seen].filter((index) => !present.has(index)),
      signal,
    );
    const ends = known?.ends?.all ?? new Map();
    const instances = instancesOf(run, pods, { job, seen, ends, ...(known?.ends && { count }) });
    for (const { index, state, reason } of instances) {
      if (state !== 'pending' || reason === undefined) known?.seen.add(index);
    }
    const missing = instances.filter(
      ({ state, reason }) => state === 'pending' && reason !== undefined,
    ).length;
    await known?.problems?.look(api, run, { pods, job, missing }, signal);
    return instances.map((instance) => this.#withThreads(instance));
  }

  connect(instance: Instance, options: ConnectOptions): Promise<Session> {
    return connectPod(this.#client, instance, options);
  }

  async terminate(run: string, ids?: readonly string[]): Promise<Instance[]> {
    const noted = this.#runs.get(run);
    const { count = 0, ends } = noted ?? {};
    // Whatever becomes of its pods from now on was asked for.
    if (ids === undefined) ends?.stop();
    const known = Array.from({ length: count }, (_, index) => index);
    const since = noted?.terminatingSince ?? performance.now();
    if (noted && ids === undefined) noted.terminatingSince = since;
    const request = { run, known, ids, since, timeLimitAt: noted?.timeLimitAt };
    const instances = await terminatePods(this.#api(run), request);
    if (instances.length > 0 || !this.#runs.get(run)?.isUnanswered) return instances;
    await pause(1000 * timing.settle);
    return terminatePods(this.#api(run), request);
  }

  /** Notes that a Job may appear later: the API server may be about to create it, for whoever has asked for it and gone. */
  #noteUnanswered(run: string, error?: unknown): void {
    const known = this.#runs.get(run);
    const isRefused = error instanceof KubernetesError && !isPassing(error);
    if (known && !isRefused) known.isUnanswered = true;
  }

  async dispose(run: string): Promise<void> {
    this.#runs.get(run)?.ends?.stop();
    this.#runs.delete(run);
  }

  async find(report?: FindReport): Promise<FoundRun[]> {
    const jobs = (await this.#look(findJobs, (why) => report?.skipped(why))) ?? [];
    for (const { found, namespace } of jobs) this.#know(found.run, namespace);
    return jobs.map(({ found }) => found);
  }

  /** Notes where a run is that was found. */
  #know(run: string, namespace: string): void {
    if (this.#runs.has(run)) return;
    this.#runs.set(run, { namespace, count: undefined, seen: new Set(), problems: undefined });
  }

  /** Looks in the namespace, or in all; undefined where that cannot be, and nobody has launched. @throws KubernetesError */
  async #look<T>(
    find: (api: KubernetesApi, signal?: AbortSignal) => Promise<T>,
    onSkipped?: (why: string) => void,
  ): Promise<T | undefined> {
    const { allNamespaces = false, isUsed = true } = this.#options;
    const api = new KubernetesApi(this.#client, allNamespaces ? undefined : this.#client.place.namespace);
    try {
      return isUsed
        ? await throughRestart(() => find(api))
        : await withDeadline(unusedTimeout, undefined, (signal) => find(api, signal));
    } catch (error) {
      if (isUsed) throw error;
      const why = isForbidden(error) ? 'where you may not list Jobs' : messageOf(error);
      onSkipped?.(`kubernetes ${this.where} (${why})`);
      return undefined;
    }
  }

  syslogCommand(run: string, { index }: Instance): string {
    return podSyslogCommand(workDirectory(run, index));
  }

  #api(run?: string): KubernetesApi {
    const namespace = run === undefined ? undefined : this.#runs.get(run)?.namespace;
    return new KubernetesApi(this.#client, namespace ?? this.#client.place.namespace);
  }

  #withThreads(instance: Instance): Instance {
    return { ...instance, threads: coresOf(this.#settings.cpu) };
  }
}

/** The way to a cluster, as the kubeconfig has it. @throws UsageError when it does not; nothing was contacted. */
export async function openClient(env: NodeJS.ProcessEnv, choice: PlaceChoice): Promise<KubernetesClient> {
  const { config, place } = await loadKubeconfig(env, choice);
  return new KubernetesClient(config, place);
}
