/** Everything that an async iterable gives (Array.fromAsync, which Node 20 does not have). */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The other way round, for readers of streams. */
export async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
