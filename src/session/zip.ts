import { crc32 } from 'node:zlib';

/** One file of an archive. */
export interface ZipEntry {
  /** ASCII. */
  readonly name: string;
  readonly content: Buffer;
}

const version = 20;
/** 1 January 1980, the first day there is, so that the same files make the same bytes. */
const date = 0x0021;

/**
 * A zip archive of files as they are, uncompressed (APPNOTE.TXT 6.3): Python imports from one without zlib, and a compressed one would
 * only be compressed once more for its upload. Pure.
 */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const common = commonHeader(name, content);
    const local = Buffer.concat([signature(0x03_04), common, Buffer.from(name)]);
    const ending = Buffer.alloc(14); // no comment, first disk, no attributes
    ending.writeUInt32LE(offset, 10);
    const made = Buffer.of(version, 0);
    directory.push(signature(0x01_02), made, common, ending, Buffer.from(name));
    parts.push(local, content);
    offset += local.length + content.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, signature(0x05_06), end]);
}

/** `PK` and two bytes. */
function signature(kind: number): Buffer {
  return Buffer.of(0x50, 0x4b, kind >> 8, kind & 0xff);
}

/** What a file's header and its entry in the directory have in common, from the version that is needed to the length of extra fields. */
function commonHeader(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(version, 0);
  header.writeUInt16LE(date, 8);
  header.writeUInt32LE(crc32(content), 10);
  header.writeUInt32LE(content.length, 14);
  header.writeUInt32LE(content.length, 18);
  header.writeUInt16LE(name.length, 22);
  return header;
}
