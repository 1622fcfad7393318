/**
 * A printed text as the reader works on it: every decimal digit as ASCII, one kind of space, of dash and of apostrophe,
 * invisible characters gone. Each character remembers where it stood, so that spans can be given in the original.
 */
import { ENTITIES, folds, INVISIBLE, zeros } from "./tables.ts";

/** Longer texts are no price label; what is beyond is not looked at. */
export const TEXT_MAX = 4000;

export interface Clean {
  readonly text: string;
  /** Where the character at this index begins in the original; one more entry for the end. */
  readonly at: readonly number[];
  readonly cut: boolean;
  /** Where a space was one that does not break: it belongs to what it stands in. */
  readonly firm: ReadonlySet<number>;
}

/** Stands for what no price contains, so that nothing is joined over it. */
const BREAK = "\u0001";

const SPACE = /\s/u;
const FIRM = /[\u00a0\u2007-\u2009\u202f]/u;
const ENTITY = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/iy;

function digitOf(point: number): { value: number; zero: number } | undefined {
  if (point >= 48 && point <= 57) return { value: point - 48, zero: 48 };
  if (point < 0x660) return undefined;
  let low = 0;
  let high = zeros.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((zeros[middle] ?? 0) <= point) low = middle;
    else high = middle - 1;
  }
  const zero = zeros[low] ?? 0;
  return point - zero < 10 && point >= zero ? { value: point - zero, zero } : undefined;
}

function entityAt(text: string, index: number): { length: number; text: string } | undefined {
  ENTITY.lastIndex = index;
  const found = ENTITY.exec(text);
  if (found === null) return undefined;
  const [whole, decimal, hex, name] = found;
  if (name !== undefined) {
    const value = ENTITIES[name.toLowerCase()];
    return value === undefined ? undefined : { length: whole.length, text: value };
  }
  const point = Number.parseInt(decimal ?? hex ?? "", decimal === undefined ? 16 : 10);
  return { length: whole.length, text: point > 0 && point < 0x110000 ? String.fromCodePoint(point) : BREAK };
}

export function clean(original: string): Clean {
  const cut = original.length > TEXT_MAX;
  const source = cut ? original.slice(0, TEXT_MAX) : original;
  let text = "";
  const at: number[] = [];
  const firm = new Set<number>();
  let script = 0;
  const put = (char: string, from: number): void => {
    text += char;
    at.push(from);
  };
  const one = (char: string, from: number): void => {
    if (INVISIBLE.test(char)) return;
    const digit = digitOf(char.codePointAt(0) ?? 0);
    if (digit !== undefined) {
      // Digits of two scripts in one number are nobody's print.
      if (script !== 0 && script !== digit.zero) put(BREAK, from);
      script = digit.zero;
      put(String.fromCharCode(48 + digit.value), from);
      return;
    }
    const point = char.codePointAt(0) ?? 0;
    const wide = point >= 0xff01 && point <= 0xff5e ? String.fromCharCode(point - 0xfee0) : char;
    const folded = folds.get(char) ?? wide;
    if (SPACE.test(folded)) {
      const last = text[text.length - 1];
      const blank = folded === "\n" || folded === "\r" || folded === "\t" ? "\n" : " ";
      // A wide gap separates more than a space does.
      if (last === " " || last === "\n") text = text.slice(0, -1) + "\n";
      else {
        if (FIRM.test(folded)) firm.add(text.length);
        put(blank, from);
      }
      return;
    }
    if (!".,'٫".includes(folded)) script = 0;
    put(folded.length > 1 || point === 0x202e ? BREAK : folded, from);
  };
  for (let i = 0; i < source.length; ) {
    const entity = source[i] === "&" ? entityAt(source, i) : undefined;
    if (entity !== undefined) {
      for (const char of entity.text) one(char, i);
      i += entity.length;
      continue;
    }
    const char = String.fromCodePoint(source.codePointAt(i) ?? 0);
    one(char, i);
    i += char.length;
  }
  at.push(source.length);
  return { text, at, cut, firm };
}
