/** A property of what may be anything: errors of the SDK carry more than their types tell. Undefined when there is none. */
export function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
