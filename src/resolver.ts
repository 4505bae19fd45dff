import { type ChildProcess, spawn } from 'node:child_process';
import { type LookupAddress, type LookupOptions, lookup as lookUpHere } from 'node:dns';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * Looks names up with getaddrinfo, as every program of the system does, in a process of its own: nothing can stop a look-up
 * that is under way, and this process could not end before the resolver gives up, which may be a minute.
 *
 * It ends with this process, whatever happens to that, and hears no Ctrl-C.
 */
const program = `
const { lookup } = require('node:dns');
const lines = require('node:readline').createInterface({ input: process.stdin });
lines.on('line', (name) =>
  lookup(name, { all: true }, (error, addresses) =>
    process.stdout.write(JSON.stringify({ name, code: error?.code, addresses }) + '\\n')));
lines.on('close', () => process.kill(process.pid, 'SIGKILL'));
`;

/** What the process answers with, a line each. */
interface Answer {
  readonly name: string;
  readonly code?: string;
  readonly addresses?: LookupAddress[];
}

type Callback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

let resolver: ChildProcess | undefined;
/** Who waits for which name: all who ask for one meanwhile wait for the same look-up. */
const waiting = new Map<string, Callback[]>();

/**
 * The addresses of a name. An aborted or late caller just leaves: what it waited for keeps nothing from ending.
 * @throws Error with getaddrinfo's code, such as ENOTFOUND.
 */
export function lookUpAddresses(name: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    look(name, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
}

/** The same as `dns.lookup`, for `net.connect`. */
export function lookUpForSocket(
  name: string,
  { family = 0, all = false }: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
): void {
  look(name, (error, addresses) => {
    const wanted = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : family;
    const usable = addresses.filter((address) => wanted === 0 || address.family === wanted);
    const [first] = usable;
    if (error || !first) return callback(error ?? failure(name, 'ENOTFOUND'), []);
    if (all) callback(null, usable);
    else callback(null, first.address, first.family);
  });
}

function look(name: string, callback: Callback): void {
  const others = waiting.get(name);
  if (others) {
    others.push(callback);
    return;
  }
  waiting.set(name, [callback]);
  resolver ??= start();
  keepAlive(resolver, true);
  if (resolver.stdin?.writable) resolver.stdin.write(`${name}\n`);
}

/** While somebody waits for an answer this process has something to do; otherwise the other one keeps it from nothing. */
function keepAlive({ stdout }: ChildProcess, isAsked: boolean): void {
  if (stdout instanceof Socket) stdout[isAsked ? 'ref' : 'unref']();
}

function settle({ name, code, addresses = [] }: Answer): void {
  const callbacks = waiting.get(name) ?? [];
  waiting.delete(name);
  if (resolver && waiting.size === 0) keepAlive(resolver, false);
  for (const callback of callbacks) callback(code === undefined ? null : failure(name, code), addresses);
}

function start(): ChildProcess {
  const child = spawn(process.execPath, ['-e', program], {
    // Half of the threads may look up names.
    env: { ...process.env, NODE_OPTIONS: '', UV_THREADPOOL_SIZE: '64' },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  child.unref();
  for (const stream of [child.stdin, child.stdout]) {
    stream.on('error', () => {});
    if (stream instanceof Socket) stream.unref();
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer: Answer = JSON.parse(line);
    settle(answer);
  });
  const gone = (): void => {
    if (resolver === child) resolver = undefined;
    // Where it cannot be started, or was killed, look-ups are made here.
    for (const name of waiting.keys()) {
      lookUpHere(name, { all: true }, (error, addresses) =>
        settle({ name, ...(error?.code !== undefined && { code: error.code }), addresses }),
      );
    }
  };
  child.on('error', gone).on('close', gone);
  return child;
}

function failure(name: string, code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ${code} ${name}`), {
    code,
    syscall: 'getaddrinfo',
    hostname: name,
  });
}
