/**
 * For the `default` of a switch over all events: does not compile when one of them is neither handled nor deliberately
 * passed over. A journal of a newer version may hold others; those change nothing.
 */
export function unhandled<T>(_event: never, otherwise: T): T {
  return otherwise;
}
