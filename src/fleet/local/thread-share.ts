/** How many kernels each of `count` instances runs on a machine with `cores`: an equal share, at least one. */
export function threadShare(cores: number, count: number): number {
  return Math.max(1, Math.floor(cores / count));
}
