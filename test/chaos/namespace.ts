import { spawn, spawnSync } from 'node:child_process';

const inside = 'CND_CHAOS_NAMESPACES';

/** Said only in namespaces of one's own: nothing is mounted, and no network is changed, where others see it. */
export function hasNamespaces(): boolean {
  return process.getuid?.() === 0 && process.env[inside] === '1';
}

/** What must be there for hosts to have networks of their own. */
const programs = ['unshare --net --mount true', 'ip -V', 'iptables -V', 'nsenter -V'];

/**
 * Runs this program again in namespaces of its own (mounts, network, processes), and gives its exit code; undefined where it is
 * in them already, or cannot have any: then it says what is left out. A shell is their first process, which reaps orphans.
 */
export async function runInNamespaces(): Promise<number | undefined> {
  if (hasNamespaces()) return undefined;
  const missing = process.getuid?.() === 0 ? programs.find((command) => !works(command)) : 'root';
  if (missing !== undefined) {
    process.stderr.write(
      `without ${missing}: no full and read-only disks, and hosts behind proxies instead of in network namespaces\n`,
    );
    return undefined;
  }
  const own = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const shell = ['sh', '-c', 'ip link set lo up && "$@"; exit $?', 'sh'];
  const child = spawn('unshare', [...own, ...shell, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [inside]: '1' },
  });
  // Ctrl-C reaches all of them by the terminal; what has begun is played to its end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('exit', (code) => resolve(code ?? 1));
  });
}

function works(command: string): boolean {
  const [program = '', ...args] = command.split(' ');
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
