import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryArchive } from '../../src/archive/directory.ts';
import { describeArchive } from './archive.ts';

describeArchive(
  'directory',
  async () => new DirectoryArchive(join(await mkdtemp(join(tmpdir(), 'cnd-')), 'logs')),
);
