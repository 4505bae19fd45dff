import { CndError, messageOf } from '../../error.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import { lostWhile } from '../lost.ts';
import { parseStatus } from '../../kubernetes/failure.ts';

/** A container that commands are run in. */
export interface ExecTarget {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** How a pod is told to people. Pure. */
export function podAddress({ namespace, pod }: Pick<ExecTarget, 'namespace' | 'pod'>): string {
  return `${namespace}/${pod}`;
}

/** The streams of `v5.channel.k8s.io`: the first byte of each message (KEP-4006). */
const streams = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;

/** The longest message that is sent, in bytes, as kubectl has it. */
const longestMessage = 32 << 10;

/** What comes over a socket. */
export interface ExecSocketEvents {
  readonly stdout: (chunk: Buffer) => void;
  readonly stderr: (chunk: Buffer) => void;
  /** What the API server says of the command's end. It may be wrong: when containerd is killed it says `Success` of what lives on. */
  readonly status: (status: ExecStatus) => void;
  /** Once, at the end of all. */
  readonly closed: () => void;
}

/** The end of a command as the API server tells it. */
export interface ExecStatus {
  /** Undefined when the command was not run, or nothing is known of its end. */
  readonly code: number | undefined;
  readonly message: string;
}

/** As much of a WebSocket of `ws` as is used here. */
interface Socket {
  readonly readyState: number;
  send(data: Buffer, callback: (error?: Error) => void): void;
  on(event: 'close' | 'error', listener: () => void): void;
  close(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

/** One command in a container, over one WebSocket. */
export class ExecSocket {
  readonly #socket: Socket;
  /** Who does not take any more for now. */
  readonly #full = new Set<string>();
  #isOpen = true;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Starts a command. @throws CndError `exec-forbidden`, `pod-gone`, `session-lost`. */
  static async open(
    target: ExecTarget,
    command: readonly string[],
    events: ExecSocketEvents,
  ): Promise<ExecSocket> {
    const { client, namespace, pod, container } = target;
    const { Exec } = await import('@kubernetes/client-node');
    const query = new URLSearchParams({
      stdin: 'true',
      stdout: 'true',
      stderr: 'true',
      tty: 'false',
      container,
    });
    for (const word of command) query.append('command', word);
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query.toString()}`;
    const receive = (stream: number, data: Buffer): boolean => {
      if (stream === streams.stdout) events.stdout(data);
      else if (stream === streams.stderr) events.stderr(data);
      else if (stream === streams.status) events.status(readStatus(data));
      return true;
    };
    const connecting: Promise<Socket> = new Exec(client.config).handler.connect(path, null, receive);
    const socket = await connecting.catch((cause: unknown) => {
      throw execRefused(podAddress(target), cause);
    });
    const opened = new ExecSocket(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      opened.#isOpen = false;
      events.closed();
    });
    return opened;
  }

  /** Sends a part of the command's stdin; `done` is called once there is room for more. */
  send(data: Buffer, done: () => void): void {
    for (let at = 0; at < data.length; at += longestMessage) {
      const part = data.subarray(at, at + longestMessage);
      this.#send(streams.stdin, part, at + longestMessage < data.length ? () => {} : done);
    }
    if (data.length === 0) done();
  }

  /** Ends the command's stdin; its outputs go on. */
  end(): void {
    this.#send(streams.close, Buffer.of(streams.stdin), () => {});
  }

  /** Reads no further as long as one of the readers is full. */
  setFull(reader: string, isFull: boolean): void {
    if (isFull) this.#full.add(reader);
    else this.#full.delete(reader);
    if (!this.#isOpen) return;
    if (this.#full.size > 0) this.#socket.pause();
    else this.#socket.resume();
  }

  /** Says goodbye; the command may live on. */
  close(): void {
    // What is paused would never read the answer.
    this.#full.clear();
    if (this.#isOpen) this.#socket.resume();
    this.#socket.close();
  }

  /** Ends it at once: the other side does not answer. */
  destroy(): void {
    this.#socket.terminate();
  }

  #send(stream: number, data: Buffer, done: () => void): void {
    // An error is told by 'close' as well; what waits for room must not wait for ever.
    if (this.#isOpen) this.#socket.send(Buffer.concat([Buffer.of(stream), data]), () => done());
    else done();
  }
}

function readStatus(data: Buffer): ExecStatus {
  const told = parseStatus(data.toString());
  if (told?.status === 'Success') return { code: 0, message: '' };
  const cause = told?.details?.causes?.find(({ reason }) => reason === 'ExitCode');
  const code = cause?.message === undefined ? Number.NaN : Number(cause.message);
  return { code: Number.isInteger(code) ? code : undefined, message: told?.message ?? '' };
}

/**
 * A WebSocket that is refused tells the number of the refusal alone (rights are asked for before). What may pass by itself, such
 * as a kubelet that restarts, is a way that was lost.
 */
function execRefused(address: string, cause: unknown): CndError {
  const words = messageOf(errorOf(cause));
  const status = Number(/Unexpected server response: (\d+)/.exec(words)?.[1]);
  const refused = refusals.get(status);
  if (!refused) return lostWhile(address, 'starting a command', errorOf(cause));
  const message = `the API server does not run a command in the pod ${address}: ${refused.why}`;
  return new CndError(refused.code, message, { about: address, cause: errorOf(cause) });
}

/** By HTTP status: what does not pass by itself. */
const refusals: ReadonlyMap<number, { readonly code: string; readonly why: string }> = new Map([
  [401, { code: 'exec-forbidden', why: 'the credentials are not accepted' }],
  [
    403,
    {
      code: 'exec-forbidden',
      why: 'it needs the rights to get and to create pods/exec, unless an admission policy refuses it',
    },
  ],
  [422, { code: 'exec-forbidden', why: 'an admission policy of the cluster refuses it' }],
  [404, { code: 'pod-gone', why: 'there is no such pod' }],
]);

/** What `ws` tells in an event. */
function errorOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'error' in cause ? cause.error : cause;
}
