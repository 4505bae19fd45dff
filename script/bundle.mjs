// The programs of dist/, in few files: Node.js needs about 0.3 ms for each module that it loads. What only some commands need is
// in chunks of its own, which they load when they run.
import { readFileSync } from 'node:fs';
import { rolldown } from 'rolldown';

/** What is run as a process of its own: `programPath` in src/package.ts has the names, but for the command line. */
const programs = {
  cli: 'src/cli.ts',
  display: 'src/view/display/child.ts',
  'help-texts': 'src/command/help/texts.ts',
  'local-host': 'src/fleet/local/host/host.ts',
  'local-watchdog': 'src/fleet/local/host/watchdog.ts',
  web: 'src/view/web/child.ts',
};

/**
 * Writes the programs into a directory. Of the packages those in `dependencies` stay what they are, as npm installs them beside
 * this one; all others, which only a checkout has, are bundled.
 * @returns The paths of the modules that were bundled.
 */
export async function bundle(root, directory) {
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const installed = Object.keys(dependencies);
  const build = await rolldown({
    cwd: root,
    input: programs,
    platform: 'node',
    tsconfig: false,
    // jsonc-parser's `main` cannot be bundled.
    resolve: { mainFields: ['module', 'main'] },
    external: (id) => installed.some((name) => id === name || id.startsWith(`${name}/`)),
    onLog(level, log, report) {
      if (level === 'warn') throw new Error(log.message);
      report(level, log);
    },
  });
  try {
    // Not minified, for the stack traces of bug reports. Names without hashes and exports without abbreviations: what a run
    // under way has yet to load is found in a later build, too.
    const { output } = await build.write({
      dir: directory,
      format: 'esm',
      chunkFileNames: '[name].js',
      minifyInternalExports: false,
    });
    return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  } finally {
    await build.close();
  }
}
