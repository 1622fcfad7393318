/**
 * Lines of text as the shopper sees them: what stands between two block boundaries, put together from its pieces. An
 * amount in pieces ("US $", "1", ".", "9", "9") is whole again here; what cannot be joined safely is kept apart.
 */

import { fold } from "./fold.ts";
import { CENTS_CLASS, COMMA_LANGUAGES } from "./lexicon.ts";
import { parentOf, past } from "./past.ts";
import type { Scope } from "./walk.ts";

/** 0: seen. 1: off the screen, for screen readers. 2: kept from screen readers, or inside something closed. */
export type Tier = 0 | 1 | 2;

export interface Run {
  readonly text: string;
  readonly element: Element;
  readonly tier: Tier;
  /** White space before it. */
  readonly gap: boolean;
}

export interface Line {
  readonly index: number;
  readonly text: string;
  /** As the words are written. */
  readonly folded: string;
  readonly runs: readonly Run[];
  /** The element of the first run. */
  readonly element: Element;
  readonly scope: Scope;
  readonly heading: string;
  readonly tier: Tier;
}

const SPACES = /[\s\u200b\u200e\u200f\u2060\u00ad]+/g;
const UNTIDY = /[^\S ]|  |[\u200b\u200e\u200f\u2060\u00ad]/;
const RUNS_MAX = 80;
const RUN_LEN_MAX = 400;
const BEFORE_LEN = 120;
const DIGIT = /\d/;
const NUMERIC = /[\d.,]/;
const LETTER = /\p{L}/u;
const MONEY = /\p{Sc}\s?\d|\d\s?\p{Sc}|\b[A-Z]{3}\b/u;
/** Stands between digits that must not be read as one number. */
export const TORN = "¦";

/** Nothing is to be done to it. Without a pattern: this is asked of every text there is. */
function isTidy(text: string): boolean {
  if (text.length > RUN_LEN_MAX) return false;
  let spaces = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    spaces = code === 0x20 ? spaces + 1 : 0;
    if (code < 0x20 || spaces > 1) return false;
    if (code > 0x7e) return !UNTIDY.test(text);
  }
  return true;
}

const NONE: Run[] = [];

export class LineWriter {
  readonly lines: Line[] = [];
  /** Of the lines. */
  readonly texts: string[] = [];
  private runs: Run[] = NONE;
  private gap = false;
  private scope: Scope | null = null;
  private heading = "";

  text(data: string, element: Element, scope: Scope, tier: Tier, heading: string): void {
    if (this.scope !== scope && this.runs.length > 0) this.end();
    const trimmed = data.trim();
    if (trimmed === "") {
      this.gap ||= data !== "";
      return;
    }
    if (this.runs.length >= RUNS_MAX) return;
    const text = isTidy(trimmed) ? trimmed : trimmed.slice(0, RUN_LEN_MAX).replace(SPACES, " ").trim();
    if (text === "") return;
    const bare = trimmed.length === data.length;
    const run = { text, element, tier, gap: this.runs.length > 0 && (this.gap || (!bare && data[0] !== trimmed[0])) };
    // A list that grows takes room for sixteen more: of thousands of lines, most have one piece.
    if (this.runs.length < 4) this.runs = [...this.runs, run];
    else this.runs.push(run);
    this.gap = !bare && data[data.length - 1] !== trimmed[trimmed.length - 1];
    this.scope = scope;
    this.heading = heading;
  }

  end(): void {
    const { runs, scope } = this;
    const first = runs[0];
    this.gap = false;
    if (first === undefined || scope === null) return;
    const line = makeLine(this.lines.length, runs, scope, this.heading);
    this.lines.push(line);
    this.texts.push(line.text);
    this.runs = NONE;
  }

  before(): string {
    const own = this.runs.length > 0 ? join(this.runs) : "";
    if (LETTER.test(own)) return own.slice(-BEFORE_LEN);
    // Past the "/" between month and year.
    for (let i = this.lines.length - 1; i >= 0 && i >= this.lines.length - 3; i--) {
      const text = this.lines[i]?.text ?? "";
      if (LETTER.test(text)) return text.slice(-BEFORE_LEN);
    }
    return own;
  }
}

class OneLine implements Line {
  private known: string | null = null;
  constructor(
    readonly index: number,
    readonly text: string,
    readonly runs: readonly Run[],
    readonly element: Element,
    readonly scope: Scope,
    readonly heading: string,
    readonly tier: Tier,
  ) {}

  get folded(): string {
    return (this.known ??= fold(this.text));
  }
}

function makeLine(index: number, all: readonly Run[], scope: Scope, heading: string): Line {
  const sole = all[0] as Run;
  // Nearly all lines: one piece, or nothing that is hidden.
  if (all.length === 1) return new OneLine(index, sole.text, all, sole.element, scope, heading, sole.tier);
  if (!all.some((run) => run.tier !== 0)) return new OneLine(index, join(all), all, sole.element, scope, heading, 0);
  const tiers = all.filter((run) => DIGIT.test(run.text)).map((run) => run.tier);
  const digits = tiers.length > 0 ? (Math.min(...tiers) as Tier) : null;
  const moneyIn = (tier: Tier): boolean => all.some((run) => run.tier === tier && MONEY.test(run.text));
  const inWords = digits === 1 && moneyIn(2) && !moneyIn(1);
  // What screen readers are given in words is for the eye in digits.
  if (inWords) return makeLine(index, all.filter((run) => run.tier !== 1).map((run) => ({ ...run, tier: 0 })), scope, heading);
  const kept = digits === null ? all : all.filter((run) => run.tier <= digits || (/\p{L}{2}/u.test(run.text) && !DIGIT.test(run.text)));
  // For screen readers and for the eye: an amount that is there twice is seen.
  const twice = digits === 1 && tiers.includes(2);
  const tier = twice ? 0 : (digits ?? Math.min(...all.map((run) => run.tier))) as Tier;
  const first = (twice ? all.find((run) => run.tier === 2) : undefined) ?? kept[0] ?? sole;
  return new OneLine(index, join(kept), kept, first.element, scope, heading, tier);
}

function join(runs: readonly Run[]): string {
  let out = "";
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i] as Run;
    const before = runs[i - 1];
    out += (before === undefined ? "" : seam(out, before, run, runs[i + 1])) + run.text;
  }
  return out;
}

/** What goes between two pieces. */
function seam(out: string, before: Run, run: Run, after: Run | undefined): string {
  // Most pieces end in no number, and nothing is to be weighed.
  const numeric = NUMERIC.test(before.text.slice(-1)) ? inNumber(out, before, run, after) : null;
  if (numeric !== null) return numeric;
  if (run.gap) return " ";
  // Words of two elements without space between are two words on the screen too.
  return /[\p{L})]$/u.test(before.text.slice(-2)) && /^[\p{L}(]/u.test(run.text) ? " " : "";
}

/** What goes between two pieces that may be of one number, if they are. */
function inNumber(out: string, before: Run, run: Run, after: Run | undefined): string | null {
  const mark = /^[.,]$/;
  // "267 . 49" over three elements is one amount.
  if (mark.test(run.text) && /\d$/.test(before.text) && after !== undefined && /^\d/.test(after.text)) return "";
  if (mark.test(before.text) && /\d[.,]$/.test(out) && /^\d/.test(run.text)) return "";
  if (/\d$/.test(before.text) && /^\d/.test(run.text) && before.element !== run.element) {
    if (/^\d{2}$/.test(run.text) && isCents(run.element)) return decimalMark(out, run.element);
    if (!run.gap && (run.text.length === 1 || /^\d[.,]?$/.test(before.text)) && past(before.element).parentNode === past(run.element).parentNode) return "";
    return run.gap ? ` ${TORN} ` : TORN;
  }
  // "267." and "49" in an element of its own.
  return /\d[.,]$/.test(before.text) && /^\d{1,3}\b/.test(run.text) && before.element !== run.element ? "" : null;
}

function isCents(element: Element): boolean {
  for (let at: Element | null = past(element), i = 0; at !== null && i < 2; at = parentOf(at), i++) {
    if (at.localName === "sup" || CENTS_CLASS.test(at.getAttribute("class") ?? "")) return true;
  }
  return false;
}

function decimalMark(out: string, element: Element): string {
  const number = /[\d.,]*$/.exec(out)?.[0] ?? "";
  if (number.includes(".")) return ",";
  if (number.includes(",")) return ".";
  const language = past(element).closest("[lang]")?.getAttribute("lang") ?? "";
  return COMMA_LANGUAGES.test(language) ? "," : ".";
}
