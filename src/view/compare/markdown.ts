import type { Comparison } from '../../compare/model.ts';
import { amdahlText, crossRows, excludedText, groupHeading, groupRows } from './rows.ts';

/** A comparison as Markdown, with tables as GitHub has them. What records say stays text. Pure. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { groups, notes, series } = comparison;
  const cross = crossRows(comparison);
  const rest = [...notes, ...excludedText(comparison)];
  const blocks = [
    `# Comparison${series === undefined ? '' : ` ${series}`}`,
    ...(groups.length === 0 ? ['No run to compare.'] : []),
    ...groups.flatMap((group) => [
      `## ${literal(groupHeading(group))}`,
      markdownTable(groupRows(group)),
      ...amdahlText(group).map(literal),
    ]),
    ...(cross ? ['## Side by side', markdownTable(cross)] : []),
    ...(rest.length > 0 ? [rest.map((line) => `- ${literal(line)}`).join('\n')] : []),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.map(literal).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')).replaceAll('\\', ''), ...body.map(line)].join('\n');
}

/** Text that Markdown takes for nothing else. */
function literal(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#]/g, String.raw`\$&`);
}
