import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LaunchRequest } from '../../src/fleet/fleet.ts';
import type { Instance } from '../../src/instance.ts';
import { LocalFleet } from '../../src/fleet/local/local.ts';
import type { LocalConfig } from '../../src/fleet/local/local.ts';
import { newRunId } from '../../src/run-id.ts';
import type { Access } from '../../src/session/ssh/access.ts';
import { findTagged } from '../../src/state/process.ts';
import type { TaggedProcess } from '../../src/state/process.ts';
import { orphans } from '../helper/process.ts';
import { Login } from './login.ts';

/** One request, with everything that a test does not care about. */
export function request(overrides: Partial<LaunchRequest> = {}): LaunchRequest {
  return {
    run: newRunId(),
    count: 2,
    minimum: 1,
    lifetime: 60,
    expiresAt: new Date(Date.now() + 60_000),
    ...overrides,
  };
}

/** A place for real local fleets that notices what is left behind. */
export class Lab {
  readonly #home = mkdtempSync(join(tmpdir(), 'cnd-lab-'));
  readonly #runs = new Set<string>();
  readonly #logins: Login[] = [];
  readonly #fleets: LocalFleet[] = [];
  readonly env = { ...process.env, XDG_STATE_HOME: this.#home };
  readonly root = join(this.#home, 'cnd');

  /** A fleet object that knows nothing of the others: as in another process. */
  fleet(config: Partial<LocalConfig> = {}, env: NodeJS.ProcessEnv = this.env): LocalFleet {
    const fleet = new LocalFleet({ bootDelay: 0, rehearse: [], ...config }, env);
    this.#fleets.push(fleet);
    return fleet;
  }

  request(overrides: Partial<LaunchRequest> = {}): LaunchRequest {
    const made = request(overrides);
    this.#runs.add(made.run);
    return made;
  }

  async launch(
    fleet: LocalFleet,
    overrides: Partial<LaunchRequest> = {},
  ): Promise<{ run: string; instances: Instance[] }> {
    const made = this.request(overrides);
    return { run: made.run, instances: await fleet.launch(made, new AbortController().signal) };
  }

  async login(instance: Instance | undefined): Promise<Login> {
    const login = await Login.open(this.accessOf(instance));
    this.#logins.push(login);
    return login;
  }

  /** How to reach an instance that must be running, as the fleet that launched it knows. */
  accessOf(instance: Instance | undefined): Access {
    const accesses = this.#fleets.map((fleet) => instance && fleet.access(instance));
    const access = accesses.find((known) => known?.privateKey !== undefined);
    if (!access) throw new Error(`no access: ${JSON.stringify(instance)}`);
    return access;
  }

  directory(run: string): string {
    return join(this.root, run, 'local');
  }

  /** After a test: everything it started must be gone already. Cleans up in any case. */
  async close(): Promise<void> {
    for (const login of this.#logins) login.close();
    const left = [...this.#runs].flatMap(orphans);
    for (const run of this.#runs) await this.fleet().terminate(run);
    rmSync(this.#home, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`a test left processes behind: ${left.join(' | ')}`);
  }
}

/** The host or watchdog of a run. */
export function machinery(run: string, role: 'local-host' | 'local-watchdog'): TaggedProcess {
  const found = findTagged(run).find(({ tags }) => tags['CND_ROLE'] === role);
  if (!found) throw new Error(`run ${run} has no ${role}`);
  return found;
}
