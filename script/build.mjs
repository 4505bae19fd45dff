// Builds dist/ beside the one that is there, and puts it in its place: whatever runs from it goes on meanwhile. npx does this by
// itself when it sees a checkout for the first time.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { thirdPartyNotices } from './third-party.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const fresh = mkdtempSync(`${root}dist-`);
// A temporary directory is for this user alone.
chmodSync(fresh, 0o777 & ~process.umask());
const old = `${fresh}-old`;
try {
  const modules = await bundle(root, fresh);
  writeFileSync(`${fresh}/THIRD-PARTY-NOTICES.txt`, thirdPartyNotices(modules));
  const { stdout, status } = spawnSync(process.execPath, [`${fresh}/help-texts.cjs`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('the texts of --help cannot be made');
  writeFileSync(`${fresh}/help.json`, stdout);
  while (!replaced());
} finally {
  for (const left of [fresh, old]) rmSync(left, { recursive: true, force: true });
}

/** False when another build was faster, so that there is a dist/ again. */
function replaced() {
  rmSync(old, { recursive: true, force: true });
  try {
    renameSync(`${root}dist`, old);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  try {
    renameSync(fresh, `${root}dist`);
    return true;
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    return false;
  }
}
