/** Words as plain data that passes through a message: patterns and sets become strings. */

export type Packed = null | string | { readonly re: string; readonly flags: string } | { readonly set: string } | { readonly list: readonly Packed[] } | { readonly map: Readonly<Record<string, Packed>> };

export function pack(value: unknown): Packed {
  if (value === null || typeof value === "string") return value;
  if (value instanceof RegExp) return { re: value.source, flags: value.flags };
  if (value instanceof Set) return { set: [...(value as Set<string>)].join("|") };
  if (Array.isArray(value)) return { list: value.map(pack) };
  if (typeof value === "object") return { map: Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, pack(inner)])) };
  throw new Error(`no word: ${typeof value}`);
}

/** Words by name as a list in the order of their names: whoever unpacks it knows them, and need not carry them. */
export const packWords = (words: Readonly<Record<string, unknown>>): Packed => pack(Object.keys(words).sort().map((name) => words[name]));

export function unpack(packed: Packed): unknown {
  if (packed === null || typeof packed === "string") return packed;
  if ("re" in packed) return new RegExp(packed.re, packed.flags);
  if ("set" in packed) return new Set(packed.set.split("|"));
  if ("list" in packed) return packed.list.map(unpack);
  return Object.fromEntries(Object.entries(packed.map).map(([key, inner]) => [key, unpack(inner)]));
}
