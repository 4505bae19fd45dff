import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Cluster } from '../../helper/kubernetes/cluster.ts';
import { installed, kubernetesHelpers } from '../../helper/kubernetes/installed.ts';
import { repository } from '../../helper/stage/repository.ts';
import { standInFiles } from '../../helper/stand-in-file.ts';

/** The image of the tests with a kernel that notes what it does in the file that `PodRecorder` puts into its pod. */
export const kernelImage = 'localhost/chaos:1';

/** Where a pod of this image finds what `PodRecorder` puts there. */
export const podFiles = { settings: 'chaos-settings', record: 'chaos-record' } as const;

const kernel = `#!/bin/sh
n=0
while [ ! -e /work/${podFiles.record} ] && [ $n -lt 600 ]; do n=$((n+1)); sleep 0.05; done
. /work/${podFiles.settings}
STAND_IN_POW=/kernel STAND_IN_RECORD=/work/${podFiles.record} exec python3 -S -E /kernel/kernel-stand-in.py "$@"
`;

/** Makes the image, and gives it to the nodes of a cluster. */
export function importKernelImage({ directory }: Cluster): void {
  const work = mkdtempSync(join(tmpdir(), 'cnd-chaos-image-'));
  try {
    const root = join(work, 'root');
    const own = join(root, 'kernel');
    mkdirSync(own, { recursive: true });
    const base = join(installed().images, 'python.tar');
    execFileSync('sh', ['-c', `tar -xOf '${base}' layer.tar | tar -x -C '${root}'`]);
    for (const path of standInFiles) copyFileSync(join(repository, path), join(own, basename(path)));
    writeFileSync(join(own, 'kernel'), kernel);
    chmodSync(join(own, 'kernel'), 0o755);
    const image = join(work, 'image.tar');
    const pack = join(kubernetesHelpers, 'cluster/image.py');
    const settings = ['CND_KERNEL=/kernel/kernel', '--', '/bin/sh'];
    execFileSync('python3', [pack, kernelImage, root, image, ...settings]);
    const socket = join(directory, 'run/containerd.sock');
    execFileSync('ctr', ['-a', socket, '-n', 'k8s.io', 'images', 'import', image], { stdio: 'pipe' });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
