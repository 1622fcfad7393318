/**
 * Guesses at hiding for pages without layout (saved pages, tests): inline style, `<style>`, well-known class names. In a
 * browser the content script asks the layout instead, and carries none of this.
 */

import { hiddenBySheets } from "./sheets.ts";
import type { Concealment, Guess } from "./visibility.ts";

const HIDDEN_CLASSES = new Set(["hidden", "hide", "d-none", "is-hidden", "aok-hidden", "a-hidden", "ng-hide", "uk-hidden", "u-hidden", "js-hidden", "invisible", "display-none"]);
/** `hidden md:block`, `d-none d-md-flex`: hidden on small windows only. */
const SHOWN_WIDE = /(^|\s)((sm|md|lg|xl|xxl|2xl):(block|flex|grid|inline|inline-block|inline-flex|table)|d-(sm|md|lg|xl|xxl)-(block|flex|grid|inline|inline-block|table\S*))(\s|$)/;

const STYLE_HIDDEN = /(^|[;\s{])(display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|opacity\s*:\s*0?\.?0*\s*(!\s*important\s*)?(;|$)|font-size\s*:\s*0(px)?\s*(;|$)|content-visibility\s*:\s*hidden)/i;
const STYLE_OFF_SCREEN =
  /(^|[;\s{])((left|top|right|bottom|text-indent|margin-left|margin-top)\s*:\s*-\s*\d{3,}|clip\s*:\s*rect\(\s*[01](px)?\b|clip-path\s*:\s*(inset\(\s*(50|100)%|circle\(0)|transform\s*:\s*(translate[xy3d]*\(\s*-\s*\d{4,}|scale\(\s*0\s*\)))/i;
const STYLE_TINY = /(^|[;\s{])(width|height)\s*:\s*[01](px)?\s*(!\s*important\s*)?(;|$)/i;
const STYLE_STRUCK = /text-decoration(-line)?\s*:[^;]*line-through/i;

const INK = /(?:^|[;\s{])color\s*:\s*([^;}!]+)/i;
const GROUND = /(?:^|[;\s{])background(?:-color)?\s*:\s*([^;}!]+)/i;

/** Written in the colour of its own ground. */
function blends(declarations: string): boolean {
  const plain = (re: RegExp): string | undefined => re.exec(declarations)?.[1]?.trim().toLowerCase().replace(/^white$/, "#fff").replace(/^#([\da-f])\1([\da-f])\2([\da-f])\3$/, "#$1$2$3");
  const ink = plain(INK);
  return ink !== undefined && ink === plain(GROUND);
}

/** What a list of CSS declarations does to an element. */
export function styleConceals(declarations: string): Concealment | null {
  if (blends(declarations)) return "hidden";
  if (STYLE_HIDDEN.test(declarations)) return "hidden";
  if (STYLE_OFF_SCREEN.test(declarations)) return "off_screen";
  if (STYLE_TINY.test(declarations) && /overflow\s*:\s*hidden|position\s*:\s*(absolute|fixed)/i.test(declarations)) return "off_screen";
  return STYLE_STRUCK.test(declarations) ? "struck" : null;
}

function own(element: Element, bySheet: Concealment | undefined): Concealment | null {
  const style = element.getAttribute("style");
  const byStyle = style === null || style === "" ? null : styleConceals(style.slice(0, 2_000));
  if (byStyle === "hidden" || (bySheet === "hidden" && !overridden(style))) return "hidden";
  const classes = element.getAttribute("class");
  if (classes !== null && classes !== "" && classHides(classes)) return "hidden";
  if (byStyle === "off_screen" || bySheet === "off_screen") return "off_screen";
  return byStyle ?? (bySheet === "hidden" ? null : (bySheet ?? null));
}

function overridden(style: string | null): boolean {
  return style !== null && /(^|[;\s])display\s*:\s*(?!none)[a-z]/i.test(style);
}

function classHides(classes: string): boolean {
  if (classes.length > 1_000) return false;
  // Bootstrap's and others': shut until a second class opens them.
  if (/(^|\s)(modal|collapse|tab-pane|dropdown-menu)(\s|$)/.test(classes) && !/(^|\s)(show|in|open|is-open|active|is-active|shown)(\s|$)/.test(classes)) return true;
  for (const name of classes.split(/\s+/)) if (HIDDEN_CLASSES.has(name.toLowerCase())) return !SHOWN_WIDE.test(classes);
  return false;
}

export const guess: Guess = { sheets: (root) => hiddenBySheets(root), own };
