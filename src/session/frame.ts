import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { Transform, type TransformCallback } from 'node:stream';
import type { Exit } from './session.ts';

/** What surrounds one command's output: words that nothing else can have printed, made for this one command. */
export interface Frame {
  readonly begin: string;
  /** Followed by the exit code in decimal, and the separator again. */
  readonly end: string;
}

/** ASCII's record separator: so that text hardly ever has to be held back as a possible beginning of a marker. */
const separator = '\x1e';
const separatorByte = 0x1e;

/** Of no memory of its own: an empty part of what was read would keep all of that. */
const nothing = Buffer.alloc(0);

/** The longest exit code and the separator behind it. */
const tailLength = 4;

/** Markers for one command. */
export function makeFrame(): Frame {
  const word = randomBytes(12).toString('hex');
  return { begin: `${separator}cnd+${word}${separator}`, end: `${separator}cnd-${word}=` };
}

/** What tells a shell of its own from a part of another one. */
const needsOwnShell = /\$\{?(\$|0|PPID)/;

/**
 * The command line that runs a command with /bin/sh, whatever the login shell is, and surrounds its stdout with the
 * frame; its stderr begins with the same word. Pure.
 *
 * Between its quotes there is nothing that sh, csh or fish take for anything but themselves: exclamation marks,
 * backslashes and newlines of the command are written as `\0ooo` for printf's %b, and quotes in quotes of the other kind.
 *
 * It costs 0.4 ms of processor time where no shell and no decoding beyond those have to be started, else 2 ms.
 */
export function framedCommand(command: string, { begin, end }: Frame): string {
  const show = (marker: string): string => marker.replaceAll(separator, String.raw`\036`);
  const isPlain = !/[!\\\n]/.test(command);
  const script = [
    isPlain ? 'c=$0' : 'c=$(printf %b "$0")',
    `printf "${show(begin)}" >&2`,
    `printf "${show(begin)}"`,
    // The shell's own words on how its child ended are not the command's.
    'exec 3>&2 2>/dev/null',
    needsOwnShell.test(command) ? '(exec 2>&3 3>&-; exec /bin/sh -c "$c")' : '(exec 2>&3 3>&-; eval "$c")',
    `printf "${show(end)}$?${show(separator)}"`,
  ].join('; ');
  const octal = (character: string): string =>
    `${String.raw`\0`}${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
  const text = isPlain ? command.replaceAll("'", `'"'"'`) : command.replace(/['!\\\n]/g, octal);
  return `exec /bin/sh -c '${script}' '${text}'`;
}

/** How a command ended, of the code that a shell gives it: above 128 it is a signal's. */
export function exitOf(code: number): Exit {
  const [signal] = Object.entries(constants.signals).find(([, number]) => number === code - 128) ?? [];
  return signal === undefined ? { code, signal: null } : { code: null, signal };
}

/** What a `Unframed` tells. */
export interface FrameEvents {
  /** The command was started. */
  readonly begun?: () => void;
  /** It ended, in its shell's own word; no more output comes. */
  readonly ended?: (exit: Exit) => void;
}

/** Passes on what is within the frame, as it comes, and nothing else. */
export class Unframed extends Transform {
  /** What was printed before the frame, its last 2 KiB: the words of whoever did not run the command. */
  before = '';
  #begin: Buffer;
  readonly #end: Buffer;
  readonly #events: FrameEvents;
  #state: 'before' | 'within' | 'over' = 'before';
  #held: Buffer = nothing;

  constructor(frame: Frame, events: FrameEvents = {}) {
    super();
    this.#begin = markerBytes(frame.begin);
    this.#end = markerBytes(frame.end);
    this.#events = events;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = nothing;
    if (this.#state === 'before') {
      const at = bytes.indexOf(this.#begin);
      if (at === -1) {
        const kept = tailLike(bytes, this.#begin);
        this.#remember(bytes.subarray(0, bytes.length - kept));
        this.#hold(bytes, kept);
        return callback();
      }
      this.#remember(bytes.subarray(0, at));
      bytes = bytes.subarray(at + this.#begin.length);
      this.#begin = nothing;
      this.#state = 'within';
      this.#events.begun?.();
    }
    if (this.#state === 'within') this.#pass(bytes);
    callback();
  }

  override _flush(callback: TransformCallback): void {
    if (this.#state === 'before') this.#remember(this.#held);
    else if (this.#state === 'within' && this.#held.length > 0) this.push(this.#held);
    callback();
  }

  #pass(bytes: Buffer): void {
    const at = bytes.indexOf(this.#end);
    if (at === -1) {
      const kept = tailLike(bytes, this.#end);
      if (bytes.length > kept) this.push(kept === 0 ? bytes : bytes.subarray(0, bytes.length - kept));
      this.#hold(bytes, kept);
      return;
    }
    const rest = bytes.toString('latin1', at + this.#end.length, at + this.#end.length + tailLength);
    const [code, after] = rest.split(separator, 2);
    if (at > 0) this.push(bytes.subarray(0, at));
    if (after === undefined) {
      this.#held = bytes.subarray(at);
      return;
    }
    this.#state = 'over';
    this.push(null);
    this.#events.ended?.(exitOf(Number(code)));
  }

  #hold(bytes: Buffer, length: number): void {
    if (length > 0) this.#held = bytes.subarray(bytes.length - length);
  }

  #remember(bytes: Buffer): void {
    this.before = (this.before + bytes.toString()).slice(-2048);
  }
}

/** How many bytes at the end may be the beginning of a marker: as a rule there is no separator, which one begins with. Pure. */
function tailLike(bytes: Buffer, marker: Buffer): number {
  const from = Math.max(0, bytes.length - marker.length + 1);
  for (let at = bytes.indexOf(separatorByte, from); at !== -1; at = bytes.indexOf(separatorByte, at + 1)) {
    const length = bytes.length - at;
    if (marker.compare(bytes, at, bytes.length, 0, length) === 0) return length;
  }
  return 0;
}

/** In memory of its own: a part of what small buffers share would keep the whole of it, 8 KiB, while a command runs. */
function markerBytes(marker: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(marker.length);
  bytes.write(marker, 'latin1');
  return bytes;
}
