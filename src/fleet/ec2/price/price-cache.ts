import { dirname } from 'node:path';
import { z } from 'zod';
import { cachePath, makeDirectory, readTextFile, replaceFile } from '../../../file.ts';
import type { Price } from './price.ts';

const cacheName = 'ec2-price.json';

/** Days for which a price that was looked up is believed. */
const days = 7;

const cacheFile = z.record(z.string(), z.object({ hourly: z.number().positive(), at: z.iso.datetime() }));

/** A price that was looked up not long ago. */
export async function readCachedPrice(
  region: string,
  type: string,
  env: NodeJS.ProcessEnv,
  now?: number,
): Promise<Price | undefined> {
  return (await readCachedPrices(env, now)).get(`${region}/${type}`);
}

/** All prices that were looked up not long ago, by region and type: `eu-west-1/c7a.medium`. */
export async function readCachedPrices(
  env: NodeJS.ProcessEnv,
  now: number = Date.now(),
): Promise<Map<string, Price>> {
  const recent = Object.entries(await readCache(env)).filter(
    ([, { at }]) => Math.abs(now - Date.parse(at)) <= days * 86_400_000,
  );
  return new Map(
    recent.map(([name, { hourly, at }]) => [name, { hourly, source: `AWS Price List, ${at.slice(0, 10)}` }]),
  );
}

/** Prices are looked up at the same time, and the file is read, changed and written for each: one after another. */
let lastWrite: Promise<void> = Promise.resolve();

/** Keeps a price; a cache that cannot be written is none. */
export function writeCachedPrice(
  region: string,
  type: string,
  hourly: number,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  lastWrite = lastWrite.then(() => addToCache(`${region}/${type}`, hourly, env));
  return lastWrite;
}

/** Never rejects. */
async function addToCache(name: string, hourly: number, env: NodeJS.ProcessEnv): Promise<void> {
  const path = cachePath(cacheName, env);
  try {
    const cache = { ...(await readCache(env)), [name]: { hourly, at: new Date().toISOString() } };
    await makeDirectory(dirname(path), 0o700);
    await replaceFile(path, `${JSON.stringify(cache)}\n`);
  } catch {
    // Then it is looked up again.
  }
}

async function readCache(env: NodeJS.ProcessEnv): Promise<z.output<typeof cacheFile>> {
  try {
    return cacheFile.parse(JSON.parse(await readTextFile(cachePath(cacheName, env))));
  } catch {
    return {};
  }
}
