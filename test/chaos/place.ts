import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { TestHosts, knownLine } from '../fleet/hosts/test-hosts.ts';
import { repository } from '../helper/stage/repository.ts';
import { tagged } from '../helper/process.ts';
import type { ChaosCluster, PodGround } from './kubernetes/pod-ground.ts';
import { ObservedEvents } from './observed-events.ts';
import { type HostLink, HostNetwork } from './host-network.ts';
import { hasNamespaces } from './namespace.ts';
import { type Scenario, hasFault } from './scenario.ts';
import { Wire } from '../helper/wire.ts';

/** Bytes of the disk that a scenario fills. */
const diskSize = 32 << 20;

const here = join(repository, 'test/chaos');

/** The interpreter itself, not a version manager's script. */
const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();

/** Where a scenario plays: directories of its own, a kernel that keeps a record, and files that nobody may touch. */
export class Place {
  readonly directory = mkdtempSync(join(tmpdir(), 'cnd-chaos-'));
  readonly logs = join(this.directory, 'logs');
  readonly state = join(this.directory, 'state');
  /** What a foreign process or a planted link points at. */
  readonly victim = join(this.directory, 'victim');
  /** What the runner itself notes, on a disk that nothing fills. */
  readonly #notes = mkdtempSync(join(tmpdir(), 'cnd-chaos-notes-'));
  /** Every range that a kernel finished: `<pid> <lo> <hi>`. */
  readonly record = join(this.#notes, 'record');
  /** The network to each host. */
  readonly wires: HostLink[] = [];
  readonly mounts: string[] = [];
  readonly #journals = new Map<string, ObservedEvents>();
  readonly #scenario: Scenario;
  readonly #around: TestHosts | undefined;
  #pods: PodGround | undefined;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    if (hasFault(scenario, 'fill-disk')) this.#mountDisk();
    for (const path of [this.logs, join(this.victim, 'local'), join(this.directory, 'bin')])
      mkdirSync(path, { recursive: true });
    for (const name of ['state.json', 'run.json', 'id_ed25519', 'local/host.json', 'file'])
      writeFileSync(join(this.victim, name), `nobody may touch ${name}\n`);
    writeFileSync(this.record, '');
    this.#makePrograms();
    this.#around = scenario.fleet === 'hosts' ? new TestHosts() : undefined;
  }

  /** What kernels in pods are given: lines of a shell script. */
  get settings(): string {
    return `${this.#paces}\nexport STAND_IN_MODE=${this.#scenario.kernel} STAND_IN_TIMES=3\n`;
  }

  get kernel(): string {
    return join(this.directory, 'bin/kernel');
  }

  get path(): string {
    return `${join(this.directory, 'bin')}:${process.env['PATH'] ?? ''}`;
  }

  /** Where the pods are, if any. */
  get pods(): PodGround | undefined {
    return this.#pods;
  }

  /** Starts the hosts, if any, and writes the configuration. */
  async prepare(cluster?: ChaosCluster): Promise<void> {
    if (this.#scenario.fleet === 'kubernetes') this.#pods = await cluster?.ground(this);
    if (this.#pods) this.wires.push(this.#pods.wire);
    const around = this.#around;
    const addresses = around
      ? await Promise.all(
          Array.from({ length: this.#scenario.instances }, (_, index) => this.#startHost(around, index)),
        )
      : [];
    const list = addresses.map(({ host, port }) => ({ host, port }));
    const hosts = around?.config([], { list });
    writeFileSync(
      join(this.directory, 'cnd.config.json'),
      JSON.stringify({
        logs: { directory: this.logs },
        ...(hosts && { hosts }),
        ...(this.#pods && { kubernetes: this.#pods.settings }),
        ...(this.#rehearse.length > 0 && { local: { rehearse: this.#rehearse } }),
      }),
    );
  }

  /** A server in a network of its own, where this user may have one; else, and where bytes are to be late, behind a proxy. */
  async #startHost(
    around: TestHosts,
    index: number,
  ): Promise<{ readonly host: string; readonly port: number }> {
    const settings = `SetEnv HOME=${this.directory} CND_KERNEL=${this.kernel} PATH=${this.path}`;
    const isReal = hasNamespaces() && !hasFault(this.#scenario, 'delay');
    const network = isReal ? await HostNetwork.start() : undefined;
    const lines = network ? [settings, `ListenAddress ${network.address}`] : [settings];
    const { access, pid } = await around.sshd(lines, network?.within);
    network?.serve(pid, access.port);
    const link = network ?? (await Wire.start(access.port));
    this.wires[index] = link;
    const reached = {
      host: network?.address ?? access.host,
      port: link instanceof Wire ? link.port : access.port,
    };
    writeFileSync(around.knownHosts, knownLine({ ...access, ...reached }), { flag: 'a' });
    return reached;
  }

  /** The failures of local instances, as the configuration has them. */
  get #rehearse(): object[] {
    const { faults, instances } = this.#scenario;
    return faults.flatMap(({ action }) =>
      action.do === 'dies'
        ? [{ instance: action.which % instances, failure: 'dies', after: action.after }]
        : [],
    );
  }

  /** What a `cnd` needs for its clock to be set: only where a scenario does that. */
  get clock(): NodeJS.ProcessEnv {
    if (!hasFault(this.#scenario, 'set-clock')) return {};
    const module = join(here, 'settable-clock.mjs');
    return { NODE_OPTIONS: `--import=${module}`, CND_CHAOS_CLOCK: this.#clockFile };
  }

  /** Sets the clock of every `cnd` of this place, those that begin later included. */
  setClock(seconds: number): void {
    writeFileSync(this.#clockFile, String(seconds * 1000));
  }

  get #clockFile(): string {
    return join(this.#notes, 'clock');
  }

  /** Does some work while no other scenario takes away what this one needs, where they share it. */
  async undisturbed<T>(work: () => Promise<T>): Promise<T> {
    return this.#pods ? this.#pods.undisturbed(work) : work();
  }

  /** What is left of a run besides processes: its directory on hosts, its objects on a cluster, with `living` only those that have not ended. */
  async leftElsewhere(run: string, living = false): Promise<string[]> {
    const directories = (this.#around?.orphans(run) ?? []).filter((path) => path.startsWith('/'));
    return [...directories, ...((await this.#pods?.left(run, living)) ?? [])];
  }

  /** Kills everything of a run on one host, and removes what it has there. */
  forgetHost(run: string, index: number): void {
    for (let looks = 2; looks > 0; looks -= 1) {
      for (const line of tagged(`CND_INSTANCE=h${index}-${run}`)) {
        try {
          process.kill(Number.parseInt(line, 10), 'SIGKILL');
        } catch {
          // It has ended.
        }
      }
    }
    const folder = join(userInfo().homedir, '.cnd', run);
    rmSync(join(folder, String(index)), { recursive: true, force: true });
    // Each machine has a home of its own: where the others are without power, too, nobody removes what was their common folder.
    try {
      rmdirSync(folder);
    } catch {
      // Others are in there, or it never was.
    }
  }

  /** A digest of everything that nobody may touch. */
  untouched(): string {
    const files = readdirSync(this.victim, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
    const digest = createHash('sha256');
    for (const file of files) digest.update(file).update(readFileSync(file));
    return digest.digest('hex');
  }

  /** The events of a run in its journal so far; none if there is none to be read. */
  journal(run: string): ObservedEvents {
    const heard = this.#journals.get(run) ?? new ObservedEvents();
    this.#journals.set(run, heard);
    heard.follow(join(this.logs, run, 'events.ndjson'));
    return heard;
  }

  /** The files of a run in the logs. */
  archived(run: string): string[] {
    const path = join(this.logs, run);
    return existsSync(path) ? readdirSync(path) : [];
  }

  /** The runs that have been begun here, by their state or their logs. */
  runs(): string[] {
    const names = [join(this.state, 'cnd'), this.logs].flatMap((path) =>
      existsSync(path) ? readdirSync(path) : [],
    );
    return [...new Set(names.filter((name) => /^\d{8}-\d{6}-[0-9a-z]+$/.test(name)))].toSorted();
  }

  /** The pid of the controller of a run, as its note says; undefined when there is none, or not yet. */
  controllerOf(run: string): number | undefined {
    for (const name of ['state.json', 'run.json']) {
      try {
        const note: unknown = JSON.parse(readFileSync(join(this.state, 'cnd', run, name), 'utf8'));
        const { controller } = note as { controller?: { pid?: number } };
        return controller?.pid;
      } catch {
        // Not written yet, or gone.
      }
    }
    return undefined;
  }

  async remove(): Promise<void> {
    for (const wire of this.wires) wire.stop();
    for (const path of this.mounts.toReversed()) execFileSync('umount', ['-l', path], { stdio: 'ignore' });
    await this.#around?.close();
    await this.#pods?.remove();
    for (const path of [this.directory, this.#notes]) rmSync(path, { recursive: true, force: true });
  }

  /** Fills the disk that everything of cnd is on, if it is one of its own. */
  fillDisk(): boolean {
    if (!this.mounts.includes(this.directory)) return false;
    try {
      writeFileSync(this.#filler, Buffer.alloc(diskSize));
    } catch {
      // That is what was wanted; what was written of it stays.
    }
    return true;
  }

  /** Makes room again. */
  freeDisk(): void {
    rmSync(this.#filler, { force: true });
  }

  get #filler(): string {
    return join(this.directory, 'filler');
  }

  /** A small disk of their own for logs, state and local instances, where this user may mount. */
  #mountDisk(): void {
    if (!hasNamespaces()) return;
    const options = ['-t', 'tmpfs', '-o', `size=${diskSize}`, 'tmpfs', this.directory];
    execFileSync('mount', options, { stdio: 'ignore' });
    this.mounts.push(this.directory);
  }

  /** Sets the pace of a kernel, by the instance it is on. */
  get #paces(): string {
    const { pace, ratio = 4 } = this.#scenario;
    const paces = Array.from({ length: 8 }, (_, index) => `*/${index}) p=${pace * ratio ** index};;`);
    return `case "$PWD" in ${paces.join(' ')} *) p=0;; esac; export STAND_IN_PACE=$p`;
  }

  #makePrograms(): void {
    const { kernel, agent } = this.#scenario;
    const standIn = join(repository, 'test/helper/kernel-stand-in.py');
    const settings = `STAND_IN_POW='${join(repository, 'remote')}' STAND_IN_RECORD='${this.record}' STAND_IN_MODE=${kernel} STAND_IN_TIMES=3`;
    executable(this.kernel, `${this.#paces}\n${settings} exec '${python}' -S -E '${standIn}' "$@"`);
    if (agent === 'own') return;
    // In front of the real python3; only the agent of worker 0 is not itself.
    executable(
      join(this.directory, 'bin/python3'),
      `case "$PWD $*" in *sys.executable*) echo 3.8.0; exit;; */0/attach.py" "*|*/0" "*attach.py" "*) exec '${python}' -S -E '${join(here, 'flood-agent.py')}' ${agent} "$@";; *) exec '${python}' "$@";; esac`,
    );
  }
}

function executable(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}
