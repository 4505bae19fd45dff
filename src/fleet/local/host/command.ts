import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { constants } from 'node:os';
import type { Connection, ServerChannel, Session } from 'ssh2';

/** Starts a command, or says by undefined that it cannot. */
export type StartCommand = (command: string) => ChildProcessWithoutNullStreams | undefined;

/**
 * Serves the one command of an SSH session the way sshd does without a pty: streams with backpressure both ways, exit
 * code or signal, `signal` requests to the process group; a client that is gone closes its pipes but kills nothing.
 */
export function serveCommand(session: Session, connection: Connection, start: StartCommand): void {
  session.on('error', ignore);
  session.once('exec', (accept, reject, { command }) => {
    const child = start(command);
    if (!child) {
      reject();
      return;
    }
    const channel = accept();
    join(channel, child);
    const hangUp = (): void => {
      // The next write of the command fails with EPIPE; its stdin has ended with the channel.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    session.once('close', hangUp);
    connection.once('close', hangUp);
    child.once('close', () => connection.removeListener('close', hangUp));
    session.on('signal', (accept, reject, { name }) => {
      // An ssh2 client does not ask for an answer: then there are no functions to give one with, whatever the types say.
      const answer = deliver(child, `SIG${name}`) ? accept : reject;
      (answer as (() => void) | undefined)?.();
    });
  });
}

function join(channel: ServerChannel, child: ChildProcessWithoutNullStreams): void {
  for (const stream of [channel, channel.stderr, child.stdin, child.stdout, child.stderr])
    stream.on('error', ignore);
  channel.pipe(child.stdin);
  // What is sent to a command that reads no more is thrown away: left in the channel it would hold up the channel's end.
  child.stdin.once('close', () => {
    channel.unpipe(child.stdin);
    channel.resume();
  });
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  let told = false;
  const tellExit = (): void => {
    if (told) return;
    told = true;
    if (child.exitCode !== null) channel.exit(child.exitCode);
    else channel.exit((child.signalCode ?? 'SIGKILL').slice(3), false, '');
  };
  // What it wrote before it ended is read from its pipes between the two, and so told first: a host that starts many commands
  // at once may take a second for it.
  child.once('exit', () => setImmediate(() => setImmediate(tellExit)));
  // Once the command has ended and everyone who held its output: stderr first, for ending the channel closes both.
  child.once('close', () => {
    tellExit();
    channel.stderr.end(() => channel.end());
  });
}

/** Signals the command's process group, as long as its leader lives: afterwards the number may be someone else's. */
function deliver(child: ChildProcessWithoutNullStreams, signal: string): boolean {
  return signal in constants.signals && signalGroup(child, signal);
}

/** Signals everything in the process group of a command that has not ended yet. */
export function signalGroup(child: ChildProcessWithoutNullStreams, signal: string): boolean {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

/** Streams of a connection that breaks off fail in many ways, none of which is news to the host. */
function ignore(): void {}
