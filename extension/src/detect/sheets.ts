/**
 * Which elements the page's own `<style>` elements hide: a small reading of the cascade, for pages without layout (saved
 * pages, tests). In a browser the content script hands in true layout, and none of this runs.
 */

import { styleConceals } from "./guess.ts";
import type { Concealment } from "./visibility.ts";

const CSS_LEN_MAX = 300_000;
const RULES_MAX = 4_000;
/** Digits that only the style sheet prints. */
const PRINTS = /(^|[;\s{])content\s*:\s*["'][^"']*\d/i;
const RULE = /([^{}]*)\{([^{}]*)\}/g;

interface Rule {
  readonly selector: string;
  readonly weight: number;
  readonly conceals: Concealment | null;
}

export function hiddenBySheets(root: Document | ShadowRoot): ReadonlyMap<Element, Concealment> {
  const hidden = new Map<Element, { how: Concealment | null; weight: number }>();
  for (const rule of rulesOf(root)) {
    for (const element of matches(root, rule.selector)) {
      const before = hidden.get(element);
      if (before === undefined || before.weight <= rule.weight) hidden.set(element, { how: rule.conceals, weight: rule.weight });
    }
  }
  const out = new Map<Element, Concealment>();
  for (const [element, { how }] of hidden) if (how !== null) out.set(element, how);
  return out;
}

function rulesOf(root: Document | ShadowRoot): Rule[] {
  let css = "";
  for (const style of Array.from(root.querySelectorAll("style"))) {
    const media = style.getAttribute("media") ?? "";
    if (/print|max-width/i.test(media)) continue;
    css += `${style.textContent ?? ""}\n`;
    if (css.length > CSS_LEN_MAX) break;
  }
  if (css === "" || !/none|hidden|content|color|opacity|clip|-\d{3}|line-through|height|width/i.test(css)) return [];
  const text = dropMedia(css.slice(0, CSS_LEN_MAX).replace(/\/\*[\s\S]*?\*\//g, ""));
  const rules: Rule[] = [];
  for (const [, head = "", body = ""] of text.matchAll(RULE)) {
    const conceals = styleConceals(body);
    if (conceals === null && !PRINTS.test(body) && !/(display|visibility|opacity|position|left|clip)\s*:/i.test(body)) continue;
    for (const selector of head.split(",")) {
      const trimmed = selector.trim();
      const prints = PRINTS.test(body) ? /^(.+?)::?(?:before|after)$/i.exec(trimmed)?.[1] : undefined;
      if (prints !== undefined && prints.length <= 300) rules.push({ selector: prints, weight: 0, conceals: "prints" });
      if (trimmed === "" || trimmed.length > 300 || trimmed.startsWith("@") || /::|:(hover|focus|active|before|after)/.test(trimmed)) continue;
      rules.push({ selector: trimmed, weight: weigh(trimmed) + (/!\s*important/i.test(body) ? 1e6 : 0), conceals });
      if (rules.length >= RULES_MAX) return relevant(rules);
    }
  }
  return relevant(rules);
}

/** Rules that show are only of interest where another one hides. */
function relevant(rules: Rule[]): Rule[] {
  return rules.some((rule) => rule.conceals !== null) ? rules : [];
}

/** Rules for print and for narrow windows do not count; others inside `@media` and `@supports` do. */
function dropMedia(css: string): string {
  let out = "";
  let at = 0;
  for (let start = css.indexOf("@media"); start >= 0; start = css.indexOf("@media", at)) {
    const open = css.indexOf("{", start);
    if (open < 0) break;
    out += css.slice(at, start);
    const close = closing(css, open);
    if (!/print|max-width|max-height|prefers/i.test(css.slice(start, open))) out += css.slice(open + 1, close);
    at = close + 1;
  }
  return out + css.slice(at);
}

function closing(css: string, open: number): number {
  let depth = 0;
  for (let i = open; i < css.length; i++) {
    if (css[i] === "{") depth++;
    else if (css[i] === "}" && --depth === 0) return i;
  }
  return css.length;
}

function weigh(selector: string): number {
  const ids = selector.match(/#[\w-]/g)?.length ?? 0;
  const classes = selector.match(/\.[\w-]|\[|:(?!:)/g)?.length ?? 0;
  return ids * 10_000 + classes * 100 + (selector.match(/(^|[\s>+~])[a-z]/gi)?.length ?? 0);
}

function matches(root: Document | ShadowRoot, selector: string): Element[] {
  try {
    return Array.from(root.querySelectorAll(selector));
  } catch {
    return [];
  }
}
