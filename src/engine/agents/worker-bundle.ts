import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packagePath } from '../../package.ts';
import { type Platform, nativeKernel } from '../../kernel/native.ts';
import { type Bundle, type BundleFile, makeBundle } from '../../session/upload.ts';

/** What runs on the instances. */
const remote = packagePath('remote');

/** What nodes of a cluster are. */
const possiblePlatforms: readonly Platform[] = ['linux-x64', 'linux-arm64'];

/** What the loader runs: it comes first. */
const first = 'boot.py';

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
  return makeBundle([...(await scripts()), ...kernels]);
}

async function make(platform: Platform | undefined): Promise<Bundle> {
  const files = await scripts();
  const kernel = platform === undefined ? undefined : nativeKernel(platform);
  if (kernel !== undefined) files.push({ name: 'kernel', mode: 0o700, path: kernel });
  return makeBundle(files);
}

async function scripts(): Promise<BundleFile[]> {
  const others = (await readdir(remote)).filter(
    (name) => name.endsWith('.py') && name !== first && name !== 'loader.py',
  );
  return [first, ...others.toSorted()].map((name) => ({ name, mode: 0o600, path: join(remote, name) }));
}
