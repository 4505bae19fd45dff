import type { Archive } from '../archive/archive.ts';
import { DirectoryArchive } from '../archive/directory.ts';
import { MemoryBroadcast } from '../broadcast/memory.ts';
import { type RunConfig, judgeTimeLimit, resolveConfig } from '../config/config.ts';
import { readConfigFile } from '../config/file.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { makeFleet } from '../fleet/registry.ts';
import { chooseKernel } from '../kernel/choice.ts';
import { processStart, systemClock } from '../run/clock.ts';
import { Interrupts } from '../run/interrupt.ts';
import { planWarnings, planned } from '../run/plan.ts';
import { EventStream } from '../run/event-stream.ts';
import { executeRun } from '../run/run.ts';
import { newRunId } from '../run/run-id.ts';
import { JsonView } from '../view/json.ts';
import { Output } from '../view/output.ts';
import { PlainView } from '../view/plain.ts';
import { isLive } from '../view/terminal/capability.ts';
import type { View } from '../view/view.ts';

/** `cnd start`: one run, from launch to scram; gives the exit code. */
export async function start(flags: Readonly<Record<string, unknown>>): Promise<number> {
  const { env } = process;
  const path = typeof flags['config'] === 'string' ? flags['config'] : undefined;
  const config = resolveConfig({ flags, env, file: await readConfigFile(path) });
  const fleet = makeFleet(config, env);
  judgeTimeLimit(config.timeLimit, fleet.timing);
  const archive = new DirectoryArchive(config.logs.directory);
  const interrupts = new Interrupts();
  const run = newRunId(new Date(processStart.wall));
  const views = [await chooseView(flags, interrupts)];
  if (flags['dry-run'] === true) return showPlan({ run, config, archive, views, fleet });
  listen(interrupts);
  const broadcast = new MemoryBroadcast();
  const start = processStart;
  return executeRun({
    run,
    config,
    fleet,
    broadcast,
    archive,
    views,
    interrupts,
    clock: systemClock,
    start,
    env,
  });
}

async function chooseView(flags: Readonly<Record<string, unknown>>, interrupts: Interrupts): Promise<View> {
  const closed = { name: 'stdout was closed', exitCode: 1 };
  if (flags['json'] === true) return new JsonView(new Output(process.stdout, () => interrupts.raise(closed)));
  // Only the summary goes to stdout, when everything is over: a reader that left changes nothing any more.
  const output = { stdout: new Output(process.stdout), stderr: new Output(process.stderr) };
  const verbose = flags['verbose'] === true;
  if (flags['quiet'] === true) return new PlainView(output, 'quiet');
  // A plan that is only shown has nothing that moves.
  if (flags['dry-run'] === true || !isLive(process.stderr, process.env)) {
    return new PlainView(output, verbose ? 'verbose' : 'normal');
  }
  const { TerminalView } = await import('../view/terminal/terminal.ts');
  const { stderr: terminal, env } = process;
  return new TerminalView({ ...output, terminal, env, verbose, start: processStart.wall });
}

async function showPlan(plan: {
  readonly run: string;
  readonly config: RunConfig;
  readonly archive: Archive;
  readonly views: readonly View[];
  readonly fleet: Fleet;
}): Promise<number> {
  const { run, config, archive, views, fleet } = plan;
  const stream = new EventStream(run, () => systemClock.wall(), views);
  stream.emit('run.planned', planned(config, archive.location(run)));
  for (const warning of planWarnings(config, fleet.timing, await chooseKernel(config, fleet))) {
    stream.emit('warning', warning);
  }
  stream.emit('warning', { message: 'dry run: nothing was launched' });
  await stream.close();
  return 0;
}

/** Exit codes are 128 + the signal's number (POSIX shells). */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Turns signals, and bugs that nothing caught, into interruptions: whatever happens, the cleanup runs. It stays so until
 * the process ends: a late Ctrl-C must not change the exit code of a run that is over.
 */
function listen(interrupts: Interrupts): void {
  for (const [name, exitCode] of Object.entries(signals)) {
    process.on(name, () => interrupts.raise({ name, exitCode }));
  }
  const bug = (error: unknown): void => {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    interrupts.raise({ name: `internal error: ${words}`, exitCode: 1 });
  };
  process.on('uncaughtException', bug);
  process.on('unhandledRejection', bug);
}
