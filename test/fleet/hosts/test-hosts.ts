import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { HostsConfig } from '../../../src/fleet/hosts/config.ts';
import { HostsFleet } from '../../../src/fleet/hosts/hosts.ts';
import { planHosts } from '../../../src/fleet/hosts/plan.ts';
import type { Access } from '../../../src/session/ssh/access.ts';
import { generateKeyPair } from '../../../src/session/ssh/key.ts';
import { knownHostName } from '../../../src/session/ssh/known-host/name.ts';
import { orphans } from '../../helper/process.ts';
import { Sshd } from '../../helper/sshd.ts';
import { Dropbear } from './dropbear.ts';

/** A server of the neighbourhood: OpenSSH's, or Dropbear. */
export type Server = Sshd | Dropbear;

/** Real SSH servers of one user, with a known_hosts and a login key, as somebody has who wants to use them. */
export class TestHosts {
  readonly directory = mkdtempSync(join(tmpdir(), 'cnd-hosts-'));
  readonly env = { ...process.env, XDG_STATE_HOME: join(this.directory, 'state') };
  readonly loginKey = generateKeyPair();
  readonly identityFile = join(this.directory, 'id_ed25519');
  readonly knownHosts = join(this.directory, 'known_hosts');
  readonly servers: Server[] = [];

  constructor() {
    writeFileSync(this.identityFile, this.loginKey.privateKey, { mode: 0o600 });
    writeFileSync(this.knownHosts, '');
  }

  /** Starts an OpenSSH server, `within` another network namespace if need be, and makes it known. */
  async sshd(lines: readonly string[] = [], within: readonly string[] = []): Promise<Sshd> {
    return this.#welcome(await Sshd.start(lines, this.loginKey, within));
  }

  /** Starts a Dropbear and makes it known. */
  async dropbear(): Promise<Dropbear> {
    return this.#welcome(await Dropbear.start(this.loginKey));
  }

  /** The configuration for some of the servers. */
  config(servers: readonly Server[], more: Partial<HostsConfig> = {}): HostsConfig {
    return {
      list: servers.map(({ access: { host, port } }) => ({ host, port })),
      identityFile: this.identityFile,
      knownHosts: [this.knownHosts],
      ...more,
    };
  }

  fleet(servers: readonly Server[], more: Partial<HostsConfig> = {}): HostsFleet {
    return new HostsFleet(planHosts(this.config(servers, more), this.env), this.env);
  }

  /** What is left of a run on any of the servers, in words. */
  orphans(run: string): string[] {
    // What OpenSSH's server runs starts in the home of the user database.
    const homes = this.servers.map((server) =>
      server instanceof Dropbear ? server.home : userInfo().homedir,
    );
    const directories = [...new Set(homes)]
      .map((home) => join(home, '.cnd', run))
      .filter((path) => existsSync(path));
    return [...orphans(run), ...directories];
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    rmSync(this.directory, { recursive: true, force: true });
  }

  #welcome<T extends Server>(server: T): T {
    this.servers.push(server);
    writeFileSync(this.knownHosts, knownLine(server.access), { flag: 'a' });
    return server;
  }
}

/** The line of known_hosts for a server. */
export function knownLine({ host, port, hostKeys }: Access): string {
  return `${knownHostName(host, port)} ${hostKeys[0]}\n`;
}
