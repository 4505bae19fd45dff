// The programs of dist/, in few files: Node.js needs about 0.3 ms for each module that it loads. What only some commands need is
// in chunks of its own, which they load when they run.
import { readFileSync } from 'node:fs';
import { rolldown } from 'rolldown';

/** The command line, and what renders its help. */
const commandLine = { cli: 'src/cli.ts', 'help-texts': 'src/command/help/texts.ts' };

/**
 * What is run as a process of its own; `programPath` in src/package.ts has the names. Each has files of its own, in which it shares
 * nothing: so they are few. As CommonJS they start 7 ms sooner, for Node.js then does without its loader of ES modules, and what is
 * compiled of them can be kept (src/command/compile-cache/).
 */
const programs = {
  display: { path: 'src/view/display/child.ts', format: 'cjs' },
  'local-host': { path: 'src/fleet/local/host/host.ts', format: 'esm' },
  'local-watchdog': { path: 'src/fleet/local/host/watchdog.ts', format: 'cjs' },
  web: { path: 'src/view/web/child.ts', format: 'esm' },
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

/**
 * Modules of ssh2 that are left out: SSH for node:http, whose import takes 10 ms and which nobody here uses; and native addons, without
 * which it uses node:crypto.
 */
const leftOut = {
  './http-agents.js': '',
  './crypto/build/Release/sshcrypto.node': "throw new Error('not built');",
  'cpu-features': "throw new Error('not built');",
};

/** Leaves them out. */
const leavingOut = {
  name: 'leaving-out',
  resolveId(source, importer) {
    return isOfSsh2(importer) && source in leftOut ? `\0left-out:${source}` : null;
  },
  load(id) {
    const [, source] = /^\0left-out:(.*)$/.exec(id) ?? [];
    return source === undefined ? null : `${leftOut[source]}\nmodule.exports = {};`;
  },
  transform(code, id) {
    if (!isOfSsh2(id)) return null;
    // Where it would look for a program for Windows, and for what it has in itself: an ES module has no such name.
    const made = code.replaceAll('__dirname', "''");
    return id.endsWith('/lib/protocol/crypto.js') ? withoutNeedForWebAssembly(made) : made;
  },
};
/**
 * ssh2 has Poly1305 as WebAssembly, whose memory takes some 10 GB of addresses: with less (ulimit -v) no connection could be made, though few
 * servers want that cipher. It is not offered then, and what WebAssembly says of it is not printed.
 */
function withoutNeedForWebAssembly(code) {
  const replaced = {
    "require('./crypto/poly1305.js')()": "require('./crypto/poly1305.js')({ printErr() {} })",
    'return reject(ex);': `const { DEFAULT_CIPHER, SUPPORTED_CIPHER } = require('./constants.js');
        for (const list of [DEFAULT_CIPHER, SUPPORTED_CIPHER]) {
          const index = list.indexOf('chacha20-poly1305@openssh.com');
          if (index >= 0) list.splice(index, 1);
        }`,
  };
  return Object.entries(replaced).reduce((made, [from, to]) => {
    if (made.split(from).length !== 2)
      throw new Error(`ssh2 has changed: it is not once that it says ${from}`);
    return made.replace(from, () => to);
  }, code);
}
const isOfSsh2 = (path) => path?.replaceAll('\\', '/').includes('/node_modules/ssh2/') === true;

/** What `cnd start` loads, until its settings are judged and then: a chunk of its own each, in this order. */
const phases = {
  // With the fleet that most runs have, which then begins to launch.
  start: ['src/command/start/start.ts', 'src/fleet/local/local.ts'],
  run: ['src/command/start/begin.ts'],
};

/** What must not wait for that: the command line before it knows the command. */
const others = [
  ...Object.values(commandLine),
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
  let phase;
  const codeSplitting = {
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
  };
  const bundled = [await write(root, commandLine, { ...named('', 'cjs'), dir: directory, codeSplitting })];
  for (const [name, { path, format }] of Object.entries(programs)) {
    bundled.push(await write(root, { [name]: path }, { ...named(`${name}-`, format), dir: directory }));
  }
  return [...new Set(bundled.flat())];
}

/** The options of a format, and how its files are named. */
function named(prefix, format) {
  const extension = format === 'cjs' ? 'cjs' : 'js';
  return { format, entryFileNames: `[name].${extension}`, chunkFileNames: `${prefix}[name].${extension}` };
}

/** @returns The paths of the modules that are in the files written. */
async function write(root, input, output) {
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const installed = Object.keys(dependencies);
  const build = await rolldown({
    cwd: root,
    input,
    platform: 'node',
    tsconfig: false,
    plugins: [deferring, leavingOut],
    // Modules are grouped, and entries with them.
    preserveEntrySignatures: 'allow-extension',
    // jsonc-parser's `main` cannot be bundled.
    resolve: { mainFields: ['module', 'main'] },
    external: (id) => installed.some((name) => id === name || id.startsWith(`${name}/`)),
    onLog(level, log, report) {
      // yargs asks it where a configuration file is that extends another: cnd has none.
      if (log.code === 'EMPTY_IMPORT_META' && log.message.includes('node_modules/yargs/')) return;
      if (level === 'warn') throw new Error(log.message);
      report(level, log);
    },
  });
  try {
    // Not minified, for the stack traces of bug reports. Names without hashes and exports without abbreviations: what a run
    // under way has yet to load is found in a later build, too.
    const written = await build.write({
      minifyInternalExports: false,
      ...output,
    });
    return written.output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  } finally {
    await build.close();
  }
}
