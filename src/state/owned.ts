import { readFileSync, readdirSync } from 'node:fs';
import { codeOf } from '../file.ts';
import { type TaggedProcess, findTagged, identify } from './process.ts';

/** What proc_pid_stat(5) says of a process and its kin. */
interface Kin {
  readonly pid: number;
  readonly parent: number;
  /** The pid of the process that began its session. */
  readonly session: number;
}

/**
 * The living processes of a run: the tagged ones, and those that have cleared their environment but descend from a tagged one
 * or are in the session that one began. What has done all three (cleared it, begun a session, lost its parent) is nobody's:
 * see SECURITY.md. Without /proc only the tagged ones.
 */
export function findOwned(run: string): TaggedProcess[] {
  const tagged = findTagged();
  const owned = new Map(tagged.filter((found) => found.run === run).map((found) => [found.pid, found]));
  if (owned.size === 0 || process.platform !== 'linux') return [...owned.values()];
  const others = new Set(tagged.filter((found) => found.run !== run).map(({ pid }) => pid));
  for (const [pid, owner] of owners(listKin(), new Set(owned.keys()))) {
    const identity = others.has(pid) || pid === process.pid ? undefined : identify(pid);
    const found = owned.get(owner);
    if (!identity || !found) continue;
    owned.set(pid, {
      ...identity,
      run: found.run,
      ...(found.instance && { instance: found.instance }),
      tags: {},
    });
  }
  return [...owned.values()];
}

/** Of the processes that descend from one of `known`, or are in a session that one began: the nearest such one. Pure. */
export function owners(all: readonly Kin[], known: ReadonlySet<number>): Map<number, number> {
  const parents = new Map(all.map((kin) => [kin.pid, kin]));
  const found = new Map<number, number>();
  for (const { pid, session } of all) {
    if (known.has(pid)) continue;
    const seen = new Set<number>();
    let at = parents.get(pid);
    while (at && !known.has(at.pid) && !seen.has(at.pid)) {
      seen.add(at.pid);
      at = parents.get(at.parent);
    }
    const owner = at && known.has(at.pid) ? at.pid : known.has(session) ? session : undefined;
    if (owner !== undefined) found.set(pid, owner);
  }
  return found;
}

function listKin(): Kin[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [{ pid: Number(name), parent: Number(parent), session: Number(session) }];
    } catch (error) {
      if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(codeOf(error) ?? '')) return [];
      throw error;
    }
  });
}
