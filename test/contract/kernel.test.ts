import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseInstructionSets } from '../../src/kernel/instruction-set.ts';
import { builtKernel, qemuArm64 } from '../helper/native-kernel.ts';
import { python, remote } from '../helper/kernel.ts';
import { describeKernel, type KernelUnderTest } from './kernel.ts';

/** One kernel for each instruction set that this machine, real or emulated, can run. */
function everyInstructionSet(command: readonly string[]): (KernelUnderTest & { name: string })[] {
  const [program = '', ...args] = command;
  const list = execFileSync(program, [...args, '--list'], { encoding: 'utf8' });
  return parseInstructionSets(list).map(({ name }) => ({ name, command, extraArgs: ['--isa', name] }));
}

const native = builtKernel('linux-x64') ?? builtKernel('host');
const arm64 = builtKernel('linux-arm64');
const qemu = arm64 && qemuArm64();

// Every kernel there is. One more is one more line.
const kernels: (KernelUnderTest & { name: string })[] = [
  { name: 'pow.py', command: [python, '-S', '-E', join(remote, 'pow.py')], isSlow: true },
  ...(native ? everyInstructionSet([native]) : []),
  ...(arm64 && qemu
    ? everyInstructionSet([...qemu, arm64]).map((kernel) => ({ ...kernel, isSlow: true }))
    : []),
];

for (const { name, ...kernel } of kernels) describeKernel(name, kernel);
