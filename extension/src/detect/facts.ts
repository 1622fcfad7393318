/** What a control says of itself and what is said of it around. */

import type { Scope, Spot } from "./walk.ts";
import { fold } from "./fold.ts";
import { past } from "./past.ts";
import { BILLING, MONTH_NAMES, NAMES, SHIPPING } from "./lexicon.ts";

export interface Facts {
  readonly spot: Spot;
  readonly type: string;
  readonly autocomplete: readonly string[];
  /** `name`, `id` and the like, as words. */
  readonly names: string;
  /** Label, aria-label, placeholder, title; without any, the text in front of it. */
  readonly labels: string;
  /** The label without what it shares with others. */
  readonly own: string;
  readonly placeholder: string;
  readonly before: string;
  /** The legend or name of the group it is in. */
  readonly group: string;
  readonly maxLength: number | null;
  /** Whose address it belongs to, if it is one. */
  readonly context: "billing" | "shipping" | null;
}

const TEXT_MAX = 160;
const ANCESTORS_MAX = 10;

/** `cardExpiryDate`, `card[exp_mon]`, `cc-exp-month` as words. */
export function words(name: string): string {
  return fold(
    name
      .slice(0, TEXT_MAX)
      .replace(/([a-z\d])([A-Z])/g, "$1 $2")
      .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
      .replace(/[^\p{L}\d]+/gu, " "),
  );
}

export function factsOf(spot: Spot): Facts {
  const { element, scope } = spot;
  const placeholder = fold((element.getAttribute("placeholder") ?? "").slice(0, TEXT_MAX));
  const label = labelText(element, scope);
  const aria = [element.getAttribute("aria-label"), element.getAttribute("title"), element.getAttribute("data-label"), element.getAttribute("alt")];
  const own = fold([label, ...aria].filter((text) => text !== null && text !== "").join(" ").slice(0, TEXT_MAX * 2));
  const before = fold(spot.before.slice(-TEXT_MAX));
  const names = words(NAMES.map((name) => element.getAttribute(name) ?? "").filter((text) => !/^[\d-]*$/.test(text)).join(" "));
  const labels = own === "" && placeholder === "" ? before : `${own} ${placeholder}`.trim();
  const group = groupText(element, scope);
  const maxLength = Number.parseInt(element.getAttribute("maxlength") ?? element.getAttribute("size") ?? "", 10);
  return {
    spot,
    type: (element.getAttribute("type") ?? "").toLowerCase(),
    autocomplete: fold(element.getAttribute("autocomplete") ?? "").split(" "),
    names,
    labels,
    own: own === "" ? before : own,
    placeholder,
    before,
    group,
    maxLength: Number.isSafeInteger(maxLength) && maxLength > 0 ? maxLength : null,
    context: contextOf(spot, `${names} ${labels}`),
  };
}

function labelText(element: Element, scope: Scope): string {
  const by = element.getAttribute("aria-labelledby");
  const texts: string[] = [];
  if (by !== null) for (const id of by.split(/\s+/).slice(0, 6)) texts.push(textOfId(scope, id));
  const id = element.getAttribute("id");
  if (id !== null && id !== "" && id.length < 200) {
    const label = labelsFor(scope).get(id);
    if (label !== undefined) texts.push(label);
  }
  const around = element.closest("label");
  const aim = around?.getAttribute("for") ?? null;
  if (around !== null && (aim === null || aim !== id)) texts.push(text(around));
  if (texts.length === 0) texts.push(cellBefore(element));
  const described = element.getAttribute("aria-describedby");
  if (!texts.some((one) => one !== "") && described !== null) texts.push(textOfId(scope, described.split(/\s+/)[0] ?? ""));
  return texts.join(" ").slice(0, TEXT_MAX * 2);
}

/** In a table or list the cell before is the label. */
function cellBefore(element: Element): string {
  const cell = element.closest("td,dd");
  let before = cell?.previousElementSibling ?? null;
  if (before?.localName === "dd") before = before.previousElementSibling;
  if (cell === null || before === null || !/^(td|th|dt)$/.test(before.localName) || before.querySelector("input,select") !== null) return "";
  return text(before);
}

const text = (element: Element): string => {
  // Options of a select inside a label are no label.
  if (element.querySelector("select,script,style") === null) return (element.textContent ?? "").slice(0, TEXT_MAX);
  let out = "";
  for (const one of Array.from(element.childNodes)) {
    const child = past(one);
    if (child.nodeType === 3 || !["select", "script", "style"].includes((child as Element).localName)) {
      if (child.nodeType === 3 || (child as Element).querySelector?.("select,script,style") === null) out += ` ${child.textContent ?? ""}`;
    }
    if (out.length > TEXT_MAX) break;
  }
  return out.slice(0, TEXT_MAX);
};

function textOfId(scope: Scope, id: string): string {
  try {
    const element = id === "" ? null : scope.root.getElementById(id);
    return element === null ? "" : text(element);
  } catch {
    return "";
  }
}

const labelMaps = new WeakMap<Scope, ReadonlyMap<string, string>>();

function labelsFor(scope: Scope): ReadonlyMap<string, string> {
  const known = labelMaps.get(scope);
  if (known !== undefined) return known;
  const map = new Map<string, string>();
  for (const label of Array.from(scope.root.querySelectorAll("label")).slice(0, 3_000)) {
    const id = label.getAttribute("for");
    if (id !== null) map.set(id, `${map.get(id) ?? ""} ${text(label)}`.trim());
  }
  labelMaps.set(scope, map);
  return map;
}

function groupText(element: Element, scope: Scope): string {
  const group = element.closest("fieldset,[role=group],[role=radiogroup]");
  if (group === null) return "";
  const by = group.getAttribute("aria-labelledby");
  const legend = group.querySelector("legend");
  return fold(`${group.getAttribute("aria-label") ?? ""} ${by === null ? "" : textOfId(scope, by.split(/\s+/)[0] ?? "")} ${legend === null ? "" : text(legend)}`.slice(0, TEXT_MAX));
}

function contextOf(spot: Spot, own: string): "billing" | "shipping" | null {
  if (SHIPPING.test(own) && !BILLING.test(own)) return "shipping";
  if (BILLING.test(own)) return "billing";
  let at = spot.element.parentElement;
  for (let i = 0; at !== null && i < ANCESTORS_MAX; i++, at = at.parentElement) {
    at = past(at);
    if (at.localName === "body") break;
    const said = words(`${at.getAttribute("id") ?? ""} ${at.getAttribute("class") ?? ""} ${at.getAttribute("data-testid") ?? ""} ${at.getAttribute("aria-label") ?? ""} ${at.getAttribute("name") ?? ""}`);
    const [ships, bills] = [SHIPPING.test(said), BILLING.test(said)];
    if (ships !== bills) return ships ? "shipping" : "billing";
  }
  const heading = fold(spot.heading);
  const [ships, bills] = [SHIPPING.test(heading), BILLING.test(heading)];
  return ships === bills ? null : ships ? "shipping" : "billing";
}


const YEAR_SPAN_MAX = 40;

/** What a select's options are: months, coming years, or both in one. `least`: so few are enough where words speak of an expiry. */
export function optionsOf(select: Element, least: number | null): "month" | "year" | "both" | null {
  const options = Array.from(select.querySelectorAll("option")).slice(0, 200);
  const texts = options.map((option) => (option.textContent ?? "").trim());
  const values = options.map((option) => option.getAttribute("value") ?? (option.textContent ?? "").trim());
  const wanted = least ?? 12;
  if (options.length <= 14) {
    const named = texts.filter((text) => MONTH_NAMES.test(text)).length;
    if (named >= wanted && named >= options.length - 1) return "month";
    for (const list of [texts, values]) if (monthsIn(list) >= wanted && monthsIn(list) >= options.length - 1) return "month";
  }
  if (texts.some((text) => /^19\d\d/.test(text))) return null;
  for (const list of [texts, values]) if (yearsIn(list) >= (least ?? 3) && yearsIn(list) >= options.length - 2) return "year";
  return texts.filter((text) => /^\d{1,2} ?[/.-] ?(20)?\d{2}$/.test(text)).length >= 12 ? "both" : null;
}

/** How many different months the list has; none when it has anything beyond twelve. */
function monthsIn(list: readonly string[]): number {
  const numbers = list.map((text) => /^0?(\d{1,2})(?!\d)/.exec(text)?.[1]).filter((text) => text !== undefined).map(Number);
  return numbers.every((n) => n >= 1 && n <= 12) ? new Set(numbers).size : 0;
}

/** How many years the list has, rising; none when they jump back. */
function yearsIn(list: readonly string[]): number {
  const years = list.map((text) => /^(20\d{2}|\d{2})(?:年|년)?$/.exec(text)?.[1]).filter((text) => text !== undefined).map((text) => Number(text) % 100);
  const rising = years.every((year, i) => i === 0 || year > (years[i - 1] as number));
  return rising && years.length <= YEAR_SPAN_MAX ? years.length : 0;
}
