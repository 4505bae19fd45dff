import type { CellType, TableColumn } from './column.ts';

/** How Parquet has the cells of a column. */
const types = {
  text: 'STRING',
  time: 'TIMESTAMP',
  integer: 'INT64',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
} as const satisfies Record<CellType, string>;

/** A table as Parquet; what is not known is null. The library is imported only here. */
export async function parquet<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = columns.map(({ name, type, of }) => ({
    name,
    type: types[type],
    nullable: true,
    data: rows.map((row) => stored(type, of(row))),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'cnd' }));
}

function stored(type: CellType, cell: string | number | boolean | undefined): unknown {
  if (cell === undefined) return null;
  if (type === 'time') return new Date(String(cell));
  return type === 'integer' ? BigInt(Number(cell)) : cell;
}
