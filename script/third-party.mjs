// The licences of the packages that are bundled into dist/: each asks that its text goes with every copy.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The notices for packages that modules belong to, by the modules' paths. @throws Error for a package without a licence. */
export function thirdPartyNotices(modules) {
  const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/s;
  const folders = new Set(modules.flatMap((path) => folder.exec(path.replaceAll('\\', '/'))?.[0] ?? []));
  const notices = [...folders].map(notice).toSorted();
  const head = 'The programs in this directory contain parts of these packages.\n';
  return [head, ...notices].join(`\n${'-'.repeat(80)}\n\n`);
}

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice)(?:[.-]|$)/i.test(file));
  if (files.length === 0) throw new Error(`${name} is bundled and has no licence file`);
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts, ''].join('\n\n').replace(/\n+$/, '\n');
}
