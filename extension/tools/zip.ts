/**
 * Writes a zip whose bytes depend on names and contents alone: files in the order of their names, one fixed time, no
 * extra fields. Source: PKWARE APPNOTE 6.3, the parts that every reader knows.
 */
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipFile {
  readonly name: string;
  readonly data: Buffer;
}

/** 1 January 1980, the first day that the format knows. */
const DATE = 0x0021;
const TIME = 0;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
const DEFLATED = 8;

export function zip(files: readonly ZipFile[]): Buffer {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of sorted) {
    const bytes = Buffer.from(name, "utf8");
    const packed = deflateRawSync(data, { level: 9 });
    const common = header(bytes.length, crc32(data), packed.length, data.length);
    const local = Buffer.concat([signature(0x04034b50), common, bytes, packed]);
    const made = Buffer.alloc(2);
    made.writeUInt16LE(VERSION);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([signature(0x02014b50), made, common, tail, bytes]));
    locals.push(local);
    offset += local.length;
  }
  const size = central.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(sorted.length, 4);
  end.writeUInt16LE(sorted.length, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, ...central, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

/** What a file's own header and its entry in the directory have alike. */
function header(nameLength: number, crc: number, packed: number, plain: number): Buffer {
  const buffer = Buffer.alloc(26);
  [VERSION, UTF8_NAMES, DEFLATED, TIME, DATE].forEach((value, i) => buffer.writeUInt16LE(value, i * 2));
  buffer.writeUInt32LE(crc, 10);
  buffer.writeUInt32LE(packed, 14);
  buffer.writeUInt32LE(plain, 18);
  buffer.writeUInt16LE(nameLength, 22);
  return buffer;
}
