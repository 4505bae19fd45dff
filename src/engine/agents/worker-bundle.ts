import { readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packagePath } from '../../package.ts';
import { type Platform, nativeKernel } from '../../kernel/native.ts';
import { type Bundle, type BundleFile, makeBundle } from '../../session/bundle.ts';
import { type ZipEntry, zip } from '../../session/zip.ts';

/** What runs on the instances. */
const remote = packagePath('remote');

/** What nodes of a cluster are. */
const possiblePlatforms: readonly Platform[] = ['linux-x64', 'linux-arm64'];

/** What the loader runs: it comes first. */
const first = 'boot.py';

/** What runs again whenever a connection is made again. */
const script = 'attach.py';

/** What an uploaded worker does without. */
const unused = new Set(['loader.py', 'detached.py']);

/** The bundles of one run: one for each platform among its instances, made when it is first needed. */
export class WorkerBundles {
  /** The text of the program that they are given to over there. */
  readonly loader = readFileSync(join(remote, 'loader.py'), 'utf8');
  readonly #made = new Map<Platform | undefined, Promise<Bundle>>();

  /** Everything an instance needs: the agent, the portable kernel, and its own native one if there is one. */
  for(platform: Platform | undefined): Promise<Bundle> {
    let bundle = this.#made.get(platform);
    if (!bundle) {
      bundle = make(platform);
      this.#made.set(platform, bundle);
    }
    return bundle;
  }
}

/** What an instance needs that nobody asks what it is: with the native kernels of all platforms there may be. */
export async function detachedBundle(): Promise<Bundle> {
  const kernels = possiblePlatforms.flatMap((platform): BundleFile[] => {
    const path = nativeKernel(platform);
    return path === undefined ? [] : [{ name: `kernel-${platform}`, mode: 0o700, path }];
  });
  return makeBundle([...(await scripts()).filter(({ name }) => name !== first).map(file), ...kernels]);
}

/** Two files and an archive of all others: to make a file costs an instance more than to read it, and thirty of them half of its start. */
async function make(platform: Platform | undefined): Promise<Bundle> {
  const all = (await scripts()).filter(({ name }) => !unused.has(name));
  const own = new Set([first, script]);
  const files = [
    ...all.filter(({ name }) => own.has(name)).map(file),
    { name: 'worker.zip', mode: 0o600, content: zip(all.filter(({ name }) => !own.has(name))) },
  ];
  const kernel = platform === undefined ? undefined : nativeKernel(platform);
  if (kernel !== undefined) files.push({ name: 'kernel', mode: 0o700, content: await readFile(kernel) });
  return makeBundle(files);
}

async function scripts(): Promise<ZipEntry[]> {
  const names = (await readdir(remote)).filter((name) => name.endsWith('.py'));
  const others = names.filter((name) => name !== first).toSorted();
  return Promise.all(
    [first, ...others].map(async (name) => ({ name, content: await readFile(join(remote, name)) })),
  );
}

function file(entry: ZipEntry): BundleFile {
  return { ...entry, mode: 0o600 };
}
