import { type Call, list, numbered, parameter } from '../aws/call.ts';

export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** The filters of a Describe: all must match, each by one of its values. */
export function filtersOf(call: Call): Filter[] {
  return numbered(call, 'Filter').map((index) => ({
    name: parameter(call, `Filter.${index}.Name`) ?? '',
    values: list(call, `Filter.${index}.Value`),
  }));
}

/** EC2's wildcards: * and ?. */
export function matches({ values }: Filter, value: string): boolean {
  return values.some((pattern) => {
    const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
    const source = escaped.replaceAll('*', '.*').replaceAll('?', '.');
    return new RegExp(`^${source}$`, 's').test(value);
  });
}

/** The parameters of a call with other filters. */
export function withFilters(call: Call, filters: readonly Filter[]): Record<string, string> {
  const rest = Object.entries(call.parameters).filter(([name]) => !name.startsWith('Filter.'));
  const lines = filters.flatMap(({ name, values }, index) => [
    [`Filter.${index + 1}.Name`, name] as const,
    ...values.map((value, position) => [`Filter.${index + 1}.Value.${position + 1}`, value] as const),
  ]);
  return Object.fromEntries([...rest.map(([name, value]) => [name, String(value)] as const), ...lines]);
}
