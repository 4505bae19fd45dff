import { readFileSync, readdirSync } from 'node:fs';

/**
 * CPU seconds (with those of its children that have ended) and peak memory (MB) of a process and all below it that pass
 * `counts(command line)`, as far as they live. Linux: from /proc.
 */
export function usage(root, counts = () => true) {
  const all = new Map(readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? look(Number(name)) : [])));
  const isMine = (pid) => pid === root || (all.has(pid) && isMine(all.get(pid).parent));
  const mine = [...all].filter(([pid, { command }]) => pid === root || (isMine(pid) && counts(command)));
  const sum = (part) => mine.reduce((total, [, one]) => total + one[part], 0);
  return { cpu: sum('seconds'), memory: sum('memory') };
}

function look(pid) {
  try {
    const read = (name) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
    const stat = read('stat');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const seconds = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) / 100, 0);
    const memory = Number(/VmHWM:\s+(\d+)/.exec(read('status'))?.[1] ?? '0') / 1024;
    return [[pid, { parent: Number(fields[1]), seconds, memory, command: read('cmdline') }]];
  } catch {
    return []; // it has ended
  }
}
