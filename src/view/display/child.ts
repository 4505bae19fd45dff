import { createReadStream, createWriteStream } from 'node:fs';
import { isatty } from 'node:tty';
import { JsonView } from '../json.ts';
import { PlainView } from '../plain.ts';
import { TerminalView } from '../terminal/terminal.ts';
import { DescriptorOutput } from './descriptor-output.ts';
import { isBackground } from './foreground.ts';
import { closeForeignTerminals, terminalsHeld } from './hangup.ts';
import { Keyboard } from './keyboard.ts';
import { onLines, parsedLine } from './line.ts';
import { type DisplaySettings, type FromDisplay, type ToDisplay, isEventLine } from './message.ts';
import type { DisplayView } from './view.ts';

// The process that writes what a run says. It may block on a terminal or a pipe for as long as that likes: the controller
// does not wait for it, and kills it in the end. Signals of the terminal are the controller's; when that is gone, stdin
// ends, and so does this.
for (const name of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGPIPE', 'SIGTTOU', 'SIGTTIN'] as const)
  process.on(name, () => {});

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the controller is of the same version
const settings = JSON.parse(process.argv[2] ?? '{}') as DisplaySettings;
process.title = 'cnd display';
const held = terminalsHeld();

const control = createWriteStream('', { fd: 3 });
control.on('error', () => {});
const tell = (message: FromDisplay): void => void control.write(`${JSON.stringify(message)}\n`);

const stdout = new DescriptorOutput(1, (code) => tell({ kind: 'closed', stream: 'stdout', code }));
const stderr = new DescriptorOutput(2, (code) => tell({ kind: 'closed', stream: 'stderr', code }));
const view = makeView();
const isLive = settings.mode === 'live';
// Ctrl-Z is the controller's to act on: it says when.
if (isLive) process.on('SIGTSTP', () => {});

/** Milliseconds after which a write that has not returned counts as blocked. */
const stalledAfter = 100;

/** Milliseconds for what is still to be written when the controller is killed while it waits for that: nobody else ends this process then. */
const orphanTimeout = 2000;

let last = 0;
let acknowledging = false;
let hasEnded = false;

/** Tells how far everything is written, once it is. */
async function acknowledge(): Promise<void> {
  if (acknowledging) return;
  acknowledging = true;
  for (let number = -1; number !== last;) {
    number = last;
    await view.settle();
    tell({ kind: 'written', number });
    reportDropped();
  }
  acknowledging = false;
}

function reportDropped(): void {
  const { frames, progress } = view.drops.take();
  if (frames > 0 || progress > 0) tell({ kind: 'dropped', frames, progress });
}

const keyboard = settings.keyboard
  ? new Keyboard(isLive, {
      key: (key) => view.key(key),
      reading: (saved, reader) => tell({ kind: 'terminal', saved, reader }),
    })
  : undefined;
if (isLive) keyboard?.open();
const dropping = setInterval(reportDropped, 1000);
dropping.unref();

tell({ kind: 'ready' });
const input = createReadStream('', { fd: 0 });
onLines(input, (line) => {
  if (view instanceof JsonView && isEventLine(line)) return view.progress(line);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the controller is of the same version
  const message = parsedLine(line) as ToDisplay | undefined;
  switch (message?.kind) {
    case undefined:
      return undefined;
    case 'event':
      last = message.number;
      view.show(message.event);
      return void acknowledge();
    case 'progress':
      for (const event of message.events) view.show(event);
      return undefined;
    case 'line':
      return view.line(message.text);
    case 'ask':
      if (!isLive && message.text !== undefined) keyboard?.open();
      if (!isLive && message.text === undefined) keyboard?.close();
      return view.ask(message.text);
    case 'suspend':
      view.suspend();
      keyboard?.close();
      return tell({ kind: 'suspended' });
    case 'resume':
      keyboard?.open();
      return view.resume();
    case 'end':
      return void end();
  }
});
input.on('end', () => {
  if (hasEnded) setTimeout(leave, orphanTimeout);
  else leave();
});
input.on('error', () => leave());

async function end(): Promise<void> {
  hasEnded = true;
  closeKeyboard();
  const result = await view.finish();
  if (result && !stdout.isClosed) tell({ kind: 'result' });
  await stderr.drain();
  reportDropped();
  tell({ kind: 'done' });
  control.end(() => leave());
}

function closeKeyboard(): void {
  if (stderr.stalled > stalledAfter || (stdout.stalled > stalledAfter && isatty(1))) keyboard?.abandon();
  else keyboard?.close();
}

/** A thread that is blocked in a write keeps Node from exiting. */
function leave(): void {
  closeKeyboard();
  if (stdout.backlog > 0 || stderr.backlog > 0) process.kill(process.pid, 'SIGKILL');
  closeForeignTerminals(held);
  process.exit(0);
}

function makeView(): DisplayView {
  const { mode, plan, start, verbose } = settings;
  const outputs = { stdout, stderr };
  const listener = {
    quit: () => tell({ kind: 'quit' }),
    answer: (yes: boolean) => tell({ kind: 'answer', yes }),
  };
  if (mode === 'json') return new JsonView(outputs, listener);
  if (mode !== 'live')
    return new PlainView(outputs, mode === 'plain' ? 'normal' : mode, { plan, start, listener });
  const { stderr: terminal, env } = process;
  // It is asked for its size only: nothing is written to the stream.
  return new TerminalView({
    ...outputs,
    terminal,
    env,
    verbose,
    start,
    plan,
    listener,
    hasKeys: settings.keyboard,
    isViewer: settings.viewer === true,
    isBackground,
    now: clockOf(settings.replay),
  });
}

/** Milliseconds since the epoch, in the run that is shown. */
function clockOf(replay: DisplaySettings['replay']): () => number {
  if (!replay) return Date.now;
  const { shown, recorded, speed } = replay;
  return () => recorded + (Date.now() - shown) * speed;
}
