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
 * Constants of packages that take 20 ms to make, and that yargs needs only to print: they are made when they are first used.
 */
const deferred = {
  'string-width/index.js': ['/^\\p{RGI_Emoji}$/v', 'new Intl.Segmenter()'],
};

/** Makes them so. A regular expression becomes a call as well: V8 reads a literal when it reads the file, and once more. */
const deferring = {
  name: 'deferring',
  transform(code, id) {
    // The same package in an older version has none of them.
    const constants =
      Object.entries(deferred).find(([name]) => id.endsWith(`node_modules/${name}`))?.[1] ?? [];
    let made = code;
    for (const constant of constants) {
      const [, source, flags] = /^\/(.*)\/(\w*)$/.exec(constant) ?? [];
      const call = source === undefined ? constant : `new RegExp(${JSON.stringify(source)}, '${flags}')`;
      made = made.replace(` = ${constant};`, () => ` = made(() => ${call});`);
    }
    return made === code ? null : `${made}\n${makes}`;
  },
};
const makes = `function made(make) {
  let value;
  return new Proxy({}, {
    get(_, name) {
      value ??= make();
      return typeof value[name] === 'function' ? value[name].bind(value) : value[name];
    },
  });
}`;

/** What `cnd start` loads, until its settings are judged and then: a chunk of its own each, in this order. */
const phases = {
  // With the fleet that most runs have, which then begins to launch.
  start: ['src/command/start/start.ts', 'src/fleet/local/local.ts'],
  run: ['src/command/start/begin.ts'],
};

/** What must not wait for that: the command line before it knows the command, and what runs in processes of its own. */
const others = [
  ...Object.values(programs),
  'src/command/completion/query.ts',
  // Which it loads at a TAB.
  'src/archive/registry.ts',
];

/** Tells the phase that a module is for, by the static imports of all. */
function phaseOf(root, moduleInfo) {
  const below = (path, seen) => {
    const visit = (id) => {
      if (seen.has(id)) return;
      seen.add(id);
      for (const imported of moduleInfo(id)?.importedIds ?? []) visit(imported);
    };
    visit(`${root}${path}`);
    return seen;
  };
  const before = new Set();
  for (const path of others) below(path, before);
  const names = new Map();
  for (const [name, paths] of Object.entries(phases))
    for (const id of paths.flatMap((path) => [...below(path, new Set(before))]))
      if (!before.has(id) && !names.has(id)) names.set(id, name);
  return (id) => names.get(id) ?? null;
}

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
    plugins: [deferring],
    // Modules are grouped below, and entries with them.
    preserveEntrySignatures: 'allow-extension',
    // jsonc-parser's `main` cannot be bundled.
    resolve: { mainFields: ['module', 'main'] },
    external: (id) => installed.some((name) => id === name || id.startsWith(`${name}/`)),
    onLog(level, log, report) {
      if (level === 'warn') throw new Error(log.message);
      report(level, log);
    },
  });
  let phase;
  try {
    // Not minified, for the stack traces of bug reports. Names without hashes and exports without abbreviations: what a run
    // under way has yet to load is found in a later build, too.
    const { output } = await build.write({
      dir: directory,
      format: 'esm',
      chunkFileNames: '[name].js',
      minifyInternalExports: false,
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [
          {
            debugName: 'phase of a start',
            name(id, context) {
              phase ??= phaseOf(root, (other) => context.getModuleInfo(other));
              return phase(id);
            },
          },
        ],
      },
    });
    return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  } finally {
    await build.close();
  }
}
