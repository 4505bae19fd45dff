import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../src/error.ts';

const run = promisify(execFile);

/** Where binaries of other versions of Node.js stay, for all checkouts. */
const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'cnd-test', 'node');

/**
 * The `node` of a release, by the npm package that brings it; undefined where it cannot be had, which is told. In CI it
 * must be, so that no test is skipped unseen.
 */
export async function nodeRelease(version: string): Promise<string | undefined> {
  const platform = `${process.platform}-${process.arch}`;
  const place = join(cache, `${version}-${platform}`);
  const binary = join(place, 'package', 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'fetch-'));
  try {
    const name = `node-${platform}@${version}`;
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', fresh, name], {
      cwd: fresh,
      timeout: 240_000,
    });
    await run('tar', ['-xzf', join(fresh, stdout.trim()), '-C', fresh, 'package/bin/node']);
    rmSync(join(fresh, stdout.trim()));
    // Whoever comes second finds it there.
    if (!existsSync(place)) renameSync(fresh, place);
    return binary;
  } catch (error) {
    if (process.env['CI'] !== undefined) throw error;
    process.stderr.write(`skipped: Node.js ${version} cannot be fetched: ${messageOf(error)}\n`);
    return undefined;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
