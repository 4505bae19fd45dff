import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Admin } from '../../helper/kubernetes/admin.ts';
import { Cluster, smallPods } from '../../helper/kubernetes/cluster.ts';
import { eventually } from '../../helper/process.ts';
import { Wire } from '../../helper/wire.ts';
import { importKernelImage, kernelImage } from './kernel-image.ts';
import { untilWorking } from './cluster-probe.ts';
import { type PodAction, inflictOnPods } from './pod-fault.ts';
import { type KernelFiles, PodRecorder } from './pod-recorder.ts';
import { Turns } from './turns.ts';

/** What a scenario gives, and is given. */
export interface PodPlayer extends KernelFiles {
  /** Where its user keeps files. */
  readonly directory: string;
  /** Its runs so far. */
  runs(): readonly string[];
}

/** The cluster of all scenarios of this process, each of which is played by a user of its own, in a namespace of its own. */
export class ChaosCluster {
  readonly #cluster: Cluster;
  readonly #admin: Admin;
  readonly #recorder: PodRecorder;
  readonly #players = new Set<PodPlayer>();
  readonly #turns = new Turns();
  #count = 0;
  #probes = 0;
  #workingSince = performance.now();

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#admin = new Admin(cluster);
    this.#recorder = new PodRecorder(cluster.directory, (run) =>
      [...this.#players].find((player) => player.runs().includes(run)),
    );
  }

  /** Gives a cluster the kernels of the scenarios. By default one is started, which waits for another on this machine to end. */
  static async open(cluster?: Cluster): Promise<ChaosCluster> {
    cluster ??= await Cluster.start();
    importKernelImage(cluster);
    return new ChaosCluster(cluster);
  }

  /** A namespace for a scenario, the network to it, and the rights of the documented role there. */
  async ground(player: PodPlayer): Promise<PodGround> {
    this.#count += 1;
    const namespace = `chaos-${process.pid}-${this.#count}`;
    const cluster = this.#cluster;
    const tenant = await this.#turns.undisturbed(async () => {
      await this.#untilReady();
      return cluster.tenant(namespace);
    });
    const own = readFileSync(tenant, 'utf8');
    // Last: what fails before leaves nothing open, which would keep this process from ending.
    const wire = await Wire.start(cluster.port);
    const kubeconfig = join(player.directory, 'kubeconfig');
    writeFileSync(kubeconfig, own.replace(`127.0.0.1:${cluster.port}`, `127.0.0.1:${wire.port}`));
    chmodSync(player.record, 0o666);
    this.#players.add(player);
    const work = { cluster, admin: this.#admin, namespace };
    return {
      wire,
      env: { KUBECONFIG: kubeconfig },
      settings: { ...smallPods, image: kernelImage },
      // Not while another scenario has killed the API server: a look that fails says nothing.
      left: (run, living) =>
        this.#turns.undisturbed(async () => {
          await this.#untilReady();
          return this.#admin
            .objects(run, { living })
            .catch((error: unknown) => [`perhaps something: ${String(error)}`]);
        }),
      undisturbed: (its) =>
        this.#turns.undisturbed(async () => {
          await this.#untilReady();
          return its();
        }),
      workingSince: () => this.#workingSince,
      inflict: async (action, run) => {
        if (action.do !== 'part' && action.do !== 'drain') return inflictOnPods(action, run, work);
        return this.#turns.disturbing(async () => {
          const done = await inflictOnPods(action, run, work);
          this.#probes += 1;
          await untilWorking(this.#admin, `probe-${this.#probes}`);
          this.#workingSince = performance.now();
          return done;
        });
      },
      remove: async () => {
        this.#players.delete(player);
        await this.#untilReady();
        await this.#admin.delete(`/api/v1/namespaces/${namespace}`);
      },
    };
  }

  /** What was killed may not be back yet. */
  async #untilReady(): Promise<void> {
    const isReady = async (): Promise<boolean> =>
      this.#admin.call('GET', '/api/v1/namespaces/default').then(
        () => true,
        () => false,
      );
    await eventually('the API server ready', isReady, 120);
  }

  /** Ends the cluster as well, also one that was given. */
  async close(): Promise<void> {
    this.#recorder.stop();
    await this.#cluster.stop();
  }
}

/** Where one scenario plays. */
export interface PodGround {
  /** The network to the API server. */
  readonly wire: Wire;
  /** The environment of its user. */
  readonly env: NodeJS.ProcessEnv;
  /** The settings of the fleet. */
  readonly settings: object;
  /** The objects of a run that there are; with `living` those that have not ended. */
  left(run: string, living: boolean): Promise<string[]>;
  /** Does some work while no other scenario kills parts of the cluster. */
  undisturbed<T>(work: () => Promise<T>): Promise<T>;
  /** Since when no scenario has taken away a part of the cluster, on the clock of `performance.now`. */
  workingSince(): number;
  /** See `inflictOnPods`; what was taken away of the cluster works again. */
  inflict(action: PodAction, run: string | undefined): Promise<boolean>;
  remove(): Promise<void>;
}
