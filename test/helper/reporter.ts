import { MinimalReporter, type TestCase, type TestModule } from 'vitest/node';

/** So many of the slowest tests and files are named at the end. */
const most = 15;

/** Milliseconds between two lines that tell how far it has come. */
const interval = 60_000;

/**
 * Prints what fails, and at the end what was slow, skipped or retried, each with its first error: of a run in CI only the last
 * hundred lines may be seen. Nothing is said of what passes at the first try.
 */
export class ShortReporter extends MinimalReporter {
  readonly #under: Set<string> = new Set();
  #files = 0;
  #done = 0;
  #told = performance.now();

  override onTestRunStart(...args: Parameters<MinimalReporter['onTestRunStart']>): void {
    super.onTestRunStart(...args);
    this.#files = args[0].length;
    this.#done = 0;
  }

  onTestModuleStart({ relativeModuleId }: TestModule): void {
    this.#under.add(relativeModuleId);
  }

  override onTestModuleEnd(module: TestModule): void {
    super.onTestModuleEnd(module);
    this.#under.delete(module.relativeModuleId);
    this.#done += 1;
    if (performance.now() - this.#told < interval || this.#under.size === 0) return;
    this.#told = performance.now();
    this.log(`${this.#done} of ${this.#files} files have ended; now ${[...this.#under].join(', ')}`);
  }

  override onTestRunEnd(...args: Parameters<MinimalReporter['onTestRunEnd']>): void {
    super.onTestRunEnd(...args);
    const [modules] = args;
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    if (tests.length > most) this.#tellSlowest(modules, tests);
    const skipped = tests.filter((test) => test.result().state === 'skipped' && test.options.mode === 'skip');
    if (skipped.length < tests.length / 2) this.#tell('Skipped', skipped.map(nameOf));
    const retried = tests.filter((test) => (test.diagnostic()?.retryCount ?? 0) > 0);
    this.#tell('Retried', retried.map(retryOf));
  }

  #tellSlowest(modules: readonly TestModule[], tests: readonly TestCase[]): void {
    const timeOf = (test: TestCase): number => test.diagnostic()?.duration ?? 0;
    const slowTests = tests
      .filter((test) => timeOf(test) > 100)
      .toSorted((a, b) => timeOf(b) - timeOf(a))
      .slice(0, most);
    this.#tell(
      'Slowest tests',
      slowTests.map((test) => `${seconds(timeOf(test))} ${nameOf(test)}`),
    );
    const slowFiles = modules.toSorted((a, b) => b.diagnostic().duration - a.diagnostic().duration);
    this.#tell(
      'Slowest files',
      slowFiles
        .slice(0, most)
        .map((module) => `${seconds(module.diagnostic().duration)} ${module.relativeModuleId}`),
    );
  }

  #tell(title: string, lines: readonly string[]): void {
    if (lines.length > 0) this.log([`\n${title}: ${lines.length}`, ...lines].join('\n  '));
  }
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

/** A test that was tried again, and the first lines of why. */
function retryOf(test: TestCase): string {
  const { retryCount = 0 } = test.diagnostic() ?? {};
  const { state, errors = [] } = test.result();
  const reason = (errors[0]?.message ?? 'no error is known').split('\n').slice(0, 3).join(' ').slice(0, 300);
  return `${nameOf(test)}: ${state} after ${retryCount === 1 ? '1 retry' : `${retryCount} retries`}: ${reason}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1).padStart(6)} s`;
}
