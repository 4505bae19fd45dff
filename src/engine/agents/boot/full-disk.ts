/** What strerror(3) says of ENOSPC and EDQUOT. */
const fullWords = /no space left on device|disk quota exceeded/i;

/** The hint of an error of which an instance says that a disk is full; undefined where it says something else. Pure. */
export function fullDiskHint(words: string, directory: string): string | undefined {
  if (!fullWords.test(words)) return undefined;
  return `the disk of ${directory}, below the home directory there, is full, or a quota is used up: free some space (look with df -h and df -i)`;
}
