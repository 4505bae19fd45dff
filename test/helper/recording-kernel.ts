import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { recount, repeated } from '../chaos/oracle.ts';
import { repository } from './stage/repository.ts';
import { standInFiles } from './stand-in-file.ts';

/**
 * A kernel that notes each range before it says `done`, for each run apart, and that searches no more than its first one until the
 * run is let go. All of it is in one directory, which machines of the stage can have, too.
 */
export class RecordingKernel {
  readonly directory = mkdtempSync(join(tmpdir(), 'cnd-kernel-'));

  /**
   * @param options `pace`: how many nonces each process does in a second at most, 0 as many as it can; `isGated`: false, and no run
   * has to be let go.
   */
  constructor({ pace = 0, isGated = true } = {}) {
    for (const path of standInFiles)
      copyFileSync(join(repository, path), join(this.directory, basename(path)));
    const script = [
      '#!/bin/sh',
      'd=$(dirname "$0")',
      // Agents search in .cnd/<run>/<worker>.
      'r=$d/$(basename "$(dirname "$PWD")")',
      `export STAND_IN_POW="$d" STAND_IN_RECORD="$r.record" STAND_IN_PACE=${pace}`,
      isGated ? 'export STAND_IN_GATE="$r.go"' : '',
      'exec python3 -S -E "$d/kernel-stand-in.py" "$@"',
    ];
    writeFileSync(join(this.directory, 'kernel'), `${script.join('\n')}\n`, { mode: 0o755 });
    // Whoever searches on a machine of the stage is another user.
    chmodSync(this.directory, 0o777);
  }

  /** What `CND_KERNEL` is to be. */
  get path(): string {
    return join(this.directory, 'kernel');
  }

  /** Lets the kernels of a run go on. */
  go(run: string): void {
    writeFileSync(join(this.directory, `${run}.go`), '');
  }

  /** The ranges that were searched for a run, merged and ascending. */
  searched(run: string): (readonly [number, number])[] {
    return existsSync(this.record(run)) ? recount(this.record(run)) : [];
  }

  /** The first nonce that was searched more than once for a run. */
  searchedTwice(run: string): number | undefined {
    return existsSync(this.record(run)) ? repeated(this.record(run))[0]?.[0] : undefined;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The file of what the kernels of a run did; it is there once one of them has begun. */
  record(run: string): string {
    return join(this.directory, `${run}.record`);
  }
}
