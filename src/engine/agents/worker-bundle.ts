import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packagePath } from '../../package.ts';
import { type Platform, nativeKernel } from '../../kernel/native.ts';
import { type Bundle, type BundleFile, makeBundle } from '../../session/upload.ts';

/** What runs on the instances. */
const remote = packagePath('remote');

/** The bundles of one run: one for each platform among its instances, made when it is first needed. */
export class WorkerBundles {
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

async function make(platform: Platform | undefined): Promise<Bundle> {
  const scripts = (await readdir(remote)).filter((name) => name.endsWith('.py')).toSorted();
  const files: BundleFile[] = scripts.map((name) => ({ name, mode: 0o600, path: join(remote, name) }));
  const kernel = platform === undefined ? undefined : nativeKernel(platform);
  if (kernel !== undefined) files.push({ name: 'kernel', mode: 0o700, path: kernel });
  return makeBundle(files);
}
