import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

// Dependencies point one way (DESIGN.md, "The house"), those of types too. A room may import from the rooms named with it,
// from itself, and from the one-idea files beside them; these import from each other and from no room.
const rooms: Readonly<Record<string, readonly string[]>> = {
  puzzle: [],
  search: ['puzzle'],
  event: ['puzzle', 'search'],
  aws: [],
  kubernetes: [],
  state: [],
  kernel: ['puzzle'],
  plan: ['search'],
  compare: ['event'],
  session: ['event', 'kubernetes'],
  archive: ['aws', 'event', 'state'],
  broadcast: ['aws', 'event'],
  fleet: ['archive', 'aws', 'broadcast', 'event', 'kernel', 'kubernetes', 'session', 'state'],
  config: ['archive', 'aws', 'broadcast', 'fleet', 'kernel', 'puzzle', 'search', 'session'],
  engine: ['broadcast', 'event', 'kernel', 'puzzle', 'search', 'session'],
  view: ['compare', 'event', 'puzzle', 'search'],
  run: [
    'archive',
    'broadcast',
    'config',
    'engine',
    'event',
    'fleet',
    'kernel',
    'puzzle',
    'search',
    'session',
    'state',
  ],
  scram: ['broadcast', 'event', 'fleet', 'session', 'state'],
  command: [
    'archive',
    'aws',
    'broadcast',
    'compare',
    'config',
    'engine',
    'event',
    'fleet',
    'kernel',
    'plan',
    'puzzle',
    'run',
    'scram',
    'search',
    'session',
    'state',
    'view',
  ],
};

const root = join(import.meta.dirname, '..');
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('src', name));

/** What a file imports of ours, also only for its types or only when it is needed. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+\.ts)'/g);
  return [...found].map(([, target = '']) => normalize(join(dirname(file), target)));
}

const graph = new Map(files.map((file) => [file, importsOf(file)]));

function isLong(file: string): boolean {
  return readFileSync(join(root, file), 'utf8').split('\n').length > 301;
}

/** The folder below src/; of a file right in it, nothing. */
function roomOf(file: string): string | undefined {
  const [, room, ...rest] = file.split('/');
  return rest.length === 0 ? undefined : room;
}

test('every import leads to a file there is', () => {
  const missing = [...graph].flatMap(([file, targets]) =>
    targets.filter((target) => !graph.has(target)).map((target) => `${file} -> ${target}`),
  );
  expect(missing).toEqual([]);
});

test('dependencies point one way', () => {
  const wrong = [...graph].flatMap(([file, targets]) => {
    // The command line dispatches; nothing imports it.
    if (file === 'src/cli.ts') return [];
    const from = roomOf(file);
    return targets
      .filter((target) => {
        const to = roomOf(target);
        if (to === undefined || to === from) return target === 'src/cli.ts';
        return from === undefined || !rooms[from]?.includes(to);
      })
      .map((target) => `${file} -> ${target}`);
  });
  expect(wrong).toEqual([]);
});

test('the picture itself has no cycle', () => {
  const order = Object.keys(rooms);
  for (const [room, needed] of Object.entries(rooms))
    for (const other of needed)
      expect(order.indexOf(other), `${room} -> ${other}`).toBeLessThan(order.indexOf(room));
});

test('no file depends on itself, by whatever way', () => {
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});

test('an exported name means one thing', () => {
  const declared = /^export (?:abstract |async )*(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
  const places = new Map<string, Set<string>>();
  for (const file of files) {
    for (const [, name = ''] of readFileSync(join(root, file), 'utf8').matchAll(declared))
      places.set(name, (places.get(name) ?? new Set()).add(file));
  }
  expect(places.size).toBeGreaterThan(500);
  const shared = [...places].filter(([, where]) => where.size > 1);
  expect(shared.map(([name, where]) => `${name}: ${[...where].join(', ')}`)).toEqual([]);
});

test('no file is longer than 300 lines, and no folder has more than 16 of them', () => {
  const folders = new Map<string, number>();
  for (const file of files) folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
  // The command line itself is none of the one-idea files beside it.
  folders.set('src', (folders.get('src') ?? 0) - 1);
  expect([...folders].filter(([, count]) => count > 16)).toEqual([]);
  expect(files.filter(isLong)).toEqual([]);
});

test('no Python, C or script of ours is longer than 300 lines either', () => {
  const others = ['remote', 'bench', 'script', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:py|c|h|mjs|sh)$/.test(name))
      .map((name) => join(folder, name)),
  );
  for (const file of [
    'remote/agent.py',
    'remote/kernel/rounds.h',
    'bench/port.c',
    'test/helper/kernel-stand-in.py',
  ])
    expect(others).toContain(file);
  expect(others.filter(isLong)).toEqual([]);
});
