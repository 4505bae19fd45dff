import { afterAll, afterEach, beforeAll } from 'vitest';

import type { StageOptions } from './option.ts';
import { Stage } from './stage.ts';
import { type PlaceOptions, type StagePlace, stagePlace } from './workspace.ts';

/** How the tests of a suite share their stage. */
export interface UseOptions extends StageOptions {
  /** They run at the same time: nothing is reset between them, and each place is that of a user of its own. */
  readonly shared?: boolean;
  /** Kernels are held at every place that does not say otherwise. */
  readonly held?: boolean;
}

/** The stage of a suite. */
export interface UsedStage {
  readonly stage: Stage;
  /** A fresh place, which is removed after the test, or when it is shared after all of them. */
  readonly place: (options?: PlaceOptions) => StagePlace;
}

/** Sets a stage for the suite that this is called in; between tests it is made as if new. */
export function useStage({ shared = false, held = false, ...options }: UseOptions = {}): UsedStage {
  let open: Stage | undefined;
  let users = 0;
  const places: StagePlace[] = [];
  const stage = (): Stage => {
    if (!open) throw new Error('the stage is set before the first test, and not earlier');
    return open;
  };
  const clear = async (): Promise<void> => {
    for (const place of places.splice(0)) place.remove();
    await open?.reset();
  };

  beforeAll(async () => {
    open = await Stage.open(options);
  }, 120_000);
  afterEach(async () => {
    if (!shared) await clear();
  });
  afterAll(async () => {
    try {
      await clear();
    } finally {
      await open?.close();
    }
  });

  return {
    get stage() {
      return stage();
    },
    place(choice = {}) {
      const own = shared ? { name: `user${(users += 1)}` } : {};
      const made = stagePlace(stage(), { held, ...own, ...choice });
      places.push(made);
      return made;
    },
  };
}
