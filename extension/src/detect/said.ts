/** All that a page says as one text: a pattern goes over it once, which costs far less than once for each line. */

import { foldLines } from "./fold.ts";
import type { Line } from "./lines.ts";

/** Each pattern as one that goes on from where it was. */
const going = new WeakMap<RegExp, RegExp>();

export class Said {
  private whole: string | null = null;
  constructor(
    private readonly lines: readonly Line[],
    private readonly texts: readonly string[],
  ) {}

  /** The lines that a pattern of the words matches. For `^` and `$` it needs the flag `m`. */
  *having(words: RegExp): Generator<Line> {
    const whole = (this.whole ??= foldLines(this.texts));
    let pattern = going.get(words);
    if (pattern === undefined) going.set(words, (pattern = new RegExp(words.source, `${words.flags}g`)));
    let start = 0;
    for (let i = 0; i < this.lines.length; i++) {
      pattern.lastIndex = start;
      const hit = pattern.exec(whole)?.index;
      if (hit === undefined) return;
      let end = whole.indexOf("\n", start);
      for (; end >= 0 && end < hit; end = whole.indexOf("\n", start)) {
        start = end + 1;
        i++;
      }
      // It may have begun here and ended in the next.
      const line = this.lines[i];
      if (line !== undefined && words.test(line.folded)) yield line;
      if (end < 0) return;
      start = end + 1;
    }
  }

  /** Whether a pattern for whole lines matches one of them. */
  hasLine(words: RegExp, lenMax: number): boolean {
    for (const line of this.having(inLines(words))) if (line.text.length <= lenMax && words.test(line.folded)) return true;
    return false;
  }
}

const lined = new WeakMap<RegExp, RegExp>();

function inLines(words: RegExp): RegExp {
  let pattern = lined.get(words);
  if (pattern === undefined) lined.set(words, (pattern = new RegExp(words.source, `${words.flags}m`)));
  return pattern;
}
