import type { Socket } from 'node:net';

/** How many connections may be logging in at once, to all of a host's ports together, and for how long each. */
export interface LoginLimits {
  readonly most: number;
  readonly milliseconds: number;
}

/** Controllers make 30 handshakes at a time, and on a busy machine one may take many seconds. */
const usual: LoginLimits = { most: 100, milliseconds: 30_000 };

/** Milliseconds after which one that has said nothing at all is the first to go: clients speak at once. */
const silence = 1000;

/**
 * The connections that have not proved who they are: any user of this machine can make as many as the system allows, and
 * each holds a file descriptor and memory of the host. As sshd's LoginGraceTime and MaxStartups, but where that refuses the
 * newcomer, this cuts the one that has waited longest, silent ones first: the newcomer may be the controller.
 */
export class PendingLogins {
  readonly #limits: LoginLimits;
  /** In the order in which they came. */
  readonly #pending = new Map<Socket, { readonly timer: NodeJS.Timeout; readonly since: number }>();

  constructor(limits: LoginLimits = usual) {
    this.#limits = limits;
  }

  /** Watches over a new connection until it is `settled` or closed; may cut another one for it. */
  add(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), this.#limits.milliseconds);
    timer.unref();
    this.#pending.set(socket, { timer, since: performance.now() });
    socket.once('close', () => this.settled(socket));
    if (this.#pending.size > this.#limits.most) this.#cut();
  }

  /** It has proved who it is. */
  settled(socket: Socket): void {
    clearTimeout(this.#pending.get(socket)?.timer);
    this.#pending.delete(socket);
  }

  #cut(): void {
    const now = performance.now();
    const waiting = [...this.#pending];
    const isSilent = ([socket, { since }]: (typeof waiting)[number]): boolean =>
      socket.bytesRead === 0 && now - since > silence;
    const [victim] = waiting.find(isSilent) ?? waiting[0] ?? [];
    if (!victim) return;
    this.settled(victim);
    victim.destroy();
  }
}
