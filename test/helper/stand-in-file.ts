/** What the stand-in kernel consists of, relative to the repository: where that cannot be seen, all are copied into one directory. */
export const standInFiles: readonly string[] = [
  'test/helper/kernel-stand-in.py',
  'remote/pow.py',
  'remote/search.py',
  'remote/puzzle.py',
];
