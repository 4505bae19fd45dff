import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** Bytes of the SHA-256 of a source: V8 itself knows it by its length alone. */
const digestLength = 32;

/** How Node.js 20 makes a module of a file. */
type Extension = (module: NodeJS.Module, path: string) => void;

/** A script that was compiled now, and where that is to be kept. */
interface Fresh {
  readonly place: string;
  readonly digest: Buffer;
  readonly script: Script;
}

/**
 * Compiles the CommonJS modules of one directory, `own`, with what V8 made of them before, which is in `directory`, and keeps there
 * at the exit what it has made anew, with the functions that were needed by then. What V8 made is of one version of it, and is refused
 * by any other. Modules that import dynamically are left to Node.js 20, which forgets how to in a script that was not compiled now.
 */
export function keepScripts(directory: string, own: string): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Node.js 20 calls so
  const extensions = Reflect.get(module, '_extensions') as Record<string, Extension>;
  const usual = extensions['.js'];
  const fresh: Fresh[] = [];
  extensions['.cjs'] = (loaded, path) => {
    const source = dirname(path) === own ? readFileSync(path, 'utf8') : undefined;
    if (source === undefined || /\bimport\(/.test(source)) return usual?.(loaded, path);
    const digest = createHash('sha256').update(source).digest();
    const name = createHash('sha256').update(`${process.version} ${process.arch} ${path}`).digest('hex');
    const place = join(directory, `${basename(path)}-${name.slice(0, 16)}`);
    const kept = readKept(place, digest);
    const script = new Script(module.wrap(source), {
      filename: path,
      ...(kept && { cachedData: kept }),
    });
    if (!kept || script.cachedDataRejected) fresh.push({ place, digest, script });
    const run: unknown = script.runInThisContext();
    if (typeof run !== 'function') throw new TypeError(`${path} is no module`);
    Reflect.apply(run, loaded.exports, [
      loaded.exports,
      module.createRequire(path),
      loaded,
      path,
      dirname(path),
    ]);
  };
  process.once('exit', () => {
    for (const one of fresh) keep(one);
  });
}

/** What was kept of a script with that source. */
function readKept(place: string, digest: Buffer): Buffer | undefined {
  try {
    const file = readFileSync(place);
    return file.subarray(0, digestLength).equals(digest) ? file.subarray(digestLength) : undefined;
  } catch {
    return undefined;
  }
}

function keep({ place, digest, script }: Fresh): void {
  try {
    const partial = `${place}.${process.pid}`;
    writeFileSync(partial, Buffer.concat([digest, script.createCachedData()]), { mode: 0o600, flag: 'wx' });
    renameSync(partial, place);
  } catch {
    // A cache that cannot be written is none.
  }
}
