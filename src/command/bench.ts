import { availableParallelism } from 'node:os';
import { packagePath } from '../package.ts';
import { CndError, UsageError } from '../error.ts';
import { instancePath, requirePython, usualPath } from '../fleet/local/python.ts';
import { instructionSets } from '../kernel/instruction-set.ts';
import { timeKernel } from '../kernel/bench.ts';
import type { Contention, MeasuredRate } from '../kernel/contention.ts';
import { nativeKernel, thisPlatform } from '../kernel/native.ts';
import { type Scheme, schemes } from '../puzzle/puzzle.ts';
import { plural, rate } from '../quantity.ts';
import { StatusLine } from '../view/status-line.ts';
import { table } from '../view/table.ts';
import { interruptible } from './interruptible.ts';

const script = packagePath('remote/pow.py');

/** What pow.py does, about: only sizes its samples. */
const scriptRate = 1_500_000;

/** One row of the bench: nonces per second, on one thread and on all: as the machine is now, and undisturbed. */
interface Row {
  readonly scheme: string;
  readonly isa: string;
  readonly one: number;
  readonly all: number;
  readonly oneQuiet: number;
  readonly allQuiet: number;
  /** Of the timing of all threads. */
  readonly contention: Contention;
}

/** `cnd bench`: the rate of each instruction set and scheme on this machine, on one thread and on all of them. */
export function bench(flags: Readonly<Record<string, unknown>>): Promise<number> {
  return interruptible((signal) => measure(flags, signal));
}

async function measure(flags: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<number> {
  const threads = availableParallelism();
  const native = nativeKernel(thisPlatform);
  if (native === undefined) {
    process.stderr.write(
      `cnd: there is no native kernel for ${thisPlatform}; build it with: npm run build:kernel\n`,
    );
  }
  // Said before anything is timed; the native kernel needs no Python.
  const python = await requirePython(process.env, signal).catch((error: unknown) => {
    if (!(error instanceof CndError)) throw error;
    process.stderr.write(`cnd: ${error.message}; pow.py is not measured\n     ${error.hint ?? ''}\n`);
    return undefined;
  });
  if (native === undefined && python === undefined)
    throw new UsageError('no-kernel', 'there is no kernel to measure', {
      hint: 'install python3, or build the native kernel',
    });
  const path = await instancePath(process.env['PATH'] ?? usualPath, signal);
  const options = { signal, env: { ...process.env, PATH: path } };
  const rows: Row[] = [];
  const status = new StatusLine(process.stderr, process.env);
  const timing = async (scheme: Scheme, isa: string, of: number, expected: number, command: string[]) => {
    status.show(`timing ${scheme} with ${isa} on ${plural(of, 'thread')}`);
    return timeKernel(command, scheme, of, expected, options);
  };
  try {
    for (const scheme of schemes) {
      status.show(`looking for what runs here: ${scheme}`);
      const sets = native === undefined ? [] : await instructionSets(native, scheme, threads, signal);
      const kernels = sets.map(({ name, rate }) => ({
        isa: name,
        rate: rate || scriptRate,
        command: [native ?? '', '--isa', name],
      }));
      if (python !== undefined)
        kernels.push({ isa: 'python', rate: scriptRate, command: ['python3', '-S', '-E', script] });
      for (const { isa, rate: expected, command } of kernels) {
        const one = await timing(scheme, isa, 1, expected, command);
        const all = threads === 1 ? one : await timing(scheme, isa, threads, one.rate, command);
        rows.push(rowOf(scheme, isa, one, all));
      }
    }
  } finally {
    status.clear();
  }
  process.stdout.write(flags['json'] === true ? json(rows, threads) : text(rows, threads));
  return 0;
}

function json(rows: readonly Row[], threads: number): string {
  return `${JSON.stringify({ platform: thisPlatform, threads, rates: rows }, undefined, 2)}\n`;
}

function rowOf(scheme: Scheme, isa: string, one: MeasuredRate, all: MeasuredRate): Row {
  const { waiting, slower, isContended } = all.contention;
  return {
    scheme,
    isa,
    one: Math.round(one.rate),
    all: Math.round(all.rate),
    oneQuiet: Math.round(one.quiet),
    allQuiet: Math.round(all.quiet),
    contention: { waiting: Number(waiting.toFixed(3)), slower: Number(slower.toFixed(3)), isContended },
  };
}

/** In words of a table: what others took. */
function contentionText({ waiting, slower, isContended }: Contention): string {
  if (!isContended) return 'none';
  const share = (value: number) => `${Math.round(100 * value)} %`;
  return `waiting ${share(waiting)}, slower ${share(slower)}`;
}

const contendedNote = `
Other programs were using this machine. "waiting" is the share of the time that kernels waited for a processor, "slower" what they
lost while they had one: a busy hyper-thread of the same core, or a lower clock. QUIET is the rate without both.
`;

function text(rows: readonly Row[], threads: number): string {
  const slowest = new Map(rows.filter(({ isa }) => isa === 'python').map(({ scheme, one }) => [scheme, one]));
  const head = [
    'SCHEME',
    'KERNEL',
    '1 THREAD',
    plural(threads, 'thread').toUpperCase(),
    'QUIET',
    'CONTENTION',
  ];
  const lines = rows.map(({ scheme, isa, one, all, allQuiet, contention }) => {
    const python = slowest.get(scheme);
    const times = python === undefined ? '-' : `${(one / python).toFixed(1)} x`;
    return [scheme, isa, rate(one), rate(all), rate(allQuiet), contentionText(contention), times];
  });
  const isContended = rows.some((row) => row.contention.isContended);
  return table([[...head, '1 THREAD / PYTHON'], ...lines]) + (isContended ? contendedNote : '');
}
