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
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestHosts } from '../fleet/hosts/test-hosts.ts';
import { repository } from '../helper/stage/repository.ts';
import { ObservedEvents } from './observed-events.ts';
import type { Scenario } from './scenario.ts';

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
  /** Every range that a kernel finished: `<pid> <lo> <hi>`. */
  readonly record = join(this.directory, 'record');
  readonly mounts: string[] = [];
  readonly #journals = new Map<string, ObservedEvents>();
  readonly #scenario: Scenario;
  readonly #around: TestHosts | undefined;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    for (const path of [this.logs, join(this.victim, 'local'), join(this.directory, 'bin')])
      mkdirSync(path, { recursive: true });
    for (const name of ['state.json', 'run.json', 'id_ed25519', 'local/host.json', 'file'])
      writeFileSync(join(this.victim, name), `nobody may touch ${name}\n`);
    writeFileSync(this.record, '');
    this.#makePrograms();
    this.#around = scenario.fleet === 'hosts' ? new TestHosts() : undefined;
  }

  get kernel(): string {
    return join(this.directory, 'bin/kernel');
  }

  get path(): string {
    return `${join(this.directory, 'bin')}:${process.env['PATH'] ?? ''}`;
  }

  /** Starts the hosts, if any, and writes the configuration. */
  async prepare(): Promise<void> {
    const around = this.#around;
    const settings = `SetEnv HOME=${this.directory} CND_KERNEL=${this.kernel} PATH=${this.path}`;
    const servers = around
      ? await Promise.all(Array.from({ length: this.#scenario.instances }, () => around.sshd([settings])))
      : [];
    const hosts = around?.config(servers);
    writeFileSync(
      join(this.directory, 'cnd.config.json'),
      JSON.stringify({ logs: { directory: this.logs }, ...(hosts && { hosts }) }),
    );
  }

  /** What is left of a run: processes, and on hosts its directory there. */
  hostsLeft(run: string): string[] {
    return (this.#around?.orphans(run) ?? []).filter((path) => path.startsWith('/'));
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
    for (const path of this.mounts) execFileSync('umount', ['-l', path], { stdio: 'ignore' });
    await this.#around?.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #makePrograms(): void {
    const { kernel, agent } = this.#scenario;
    const standIn = join(repository, 'test/helper/kernel-stand-in.py');
    const settings = `STAND_IN_POW='${join(repository, 'remote')}' STAND_IN_RECORD='${this.record}' STAND_IN_MODE=${kernel} STAND_IN_TIMES=3`;
    executable(this.kernel, `${settings} exec '${python}' -S -E '${standIn}' "$@"`);
    if (agent === 'own') return;
    // In front of the real python3; only the agent of worker 0 is not itself.
    executable(
      join(this.directory, 'bin/python3'),
      `case "$PWD $*" in *sys.executable*) exit 1;; */0" "*attach.py*) exec '${python}' -S -E '${join(here, 'flood-agent.py')}' ${agent};; *) exec '${python}' "$@";; esac`,
    );
  }
}

function executable(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}
