import type * as promises from 'node:fs/promises';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createWholeFile } from '../src/file.ts';

// File systems that are not to be had in a test: NFS that loses an answer, FAT.
type Promises = typeof promises;
const fake = vi.hoisted(() => ({
  link: undefined as ((make: () => Promise<void>) => Promise<void>) | undefined,
}));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<Promises>();
  const link: Promises['link'] = (from, to) =>
    fake.link ? fake.link(() => real.link(from, to)) : real.link(from, to);
  return { ...real, link };
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnd-link-'));
});
afterEach(() => rm(folder, { recursive: true }));

const failing = (code: string): Error => Object.assign(new Error(code), { code });

test.each<[string, (make: () => Promise<void>) => Promise<void>]>([
  ['with links', (make) => make()],
  ['that has no links', () => Promise.reject(failing('EPERM'))],
  ['whose answer is lost', (make) => make().then(() => Promise.reject(failing('EEXIST')))],
])('on a file system %s one of several makes a file, whole', async (_, link) => {
  fake.link = link;
  const path = join(folder, 'claim');
  const texts = ['a', 'b', 'c', 'd'];
  const made = await Promise.allSettled(texts.map((text) => createWholeFile(path, text)));
  const winners = texts.filter((_text, index) => made[index]?.status === 'fulfilled');
  expect(winners).toHaveLength(1);
  expect(await readFile(path, 'utf8')).toBe(winners[0]);
  expect(await readdir(folder)).toEqual(['claim']);
  await expect(createWholeFile(path, 'e')).rejects.toMatchObject({ code: 'EEXIST' });
});
