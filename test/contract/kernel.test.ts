import { join } from 'node:path';
import { python, remote } from '../helper/kernel.ts';
import { describeKernel, type KernelUnderTest } from './kernel.ts';

// Every kernel there is. One more is one more line.
const kernels: (KernelUnderTest & { name: string })[] = [
  { name: 'pow.py', command: [python, '-S', '-E', join(remote, 'pow.py')] },
];

for (const { name, ...kernel } of kernels) describeKernel(name, kernel);
