/**
 * A gift card's claim code, and its PIN, into the store's own boxes. The reader finds the code's box; the PIN's is looked
 * for here, beside it, since nobody needs it before.
 *
 * Invariant: nothing is pressed: redeeming is the shopper's own act. Nothing here keeps, logs or returns a value.
 */

import type { Place } from "../types/detect.ts";
import type { CodeFilled, CodeToFill } from "../types/messages.ts";
import type { Find } from "./fill.ts";
import { hints } from "./shape.ts";
import type { Write } from "../plan/plan.ts";
import { holds, write } from "./write.ts";

const PIN = /(?:^|[^a-z])pins?(?:[^a-z]|$)|pin[-_ ]?(?:code|number|nummer)|gift[-_ ]?card[-_ ]?pin|security ?code of the gift|scratch[- ]?code|sicherheitscode der geschenk|c[oó]digo pin|卡密/iu;
/** A postcode is called PIN code in some countries, and a card has codes of its own. */
const OTHER_PIN = /post|zip|address|adress|ship|bill|deliver|city|cc-|card ?(?:verification|security)|cv[cv]|otp|one[- ]time|sms|(?:current|new)-password/iu;
/** How far around the code's box. */
const STEPS_MAX = 5;

export function fillCode(places: readonly Place[], find: Find, { code, pin }: CodeToFill): CodeFilled {
  for (const place of places) {
    const box = find(place);
    const wish = box === null ? null : wishFor(box, place, code);
    if (box === null || wish === null || !write(box, wish)) continue;
    const beside = pin === null ? null : pinBox(box);
    const pinWish = beside === null || pin === null ? null : wishFor(beside, "", pin);
    const pinned = beside !== null && pinWish !== null && write(beside, pinWish);
    // The PIN's events can change the code's box: what counts is what stands there at the end.
    return { code: holds(box, wish), pin: pinned };
  }
  return { code: false, pin: false };
}

/** A box that is too short for the code with its dashes may be made for it without. */
function wishFor(element: Element, place: Place, value: string): Write | null {
  const max = Number.parseInt(element.getAttribute("maxlength") ?? "", 10);
  const short = Number.isSafeInteger(max) && max > 0 && value.length > max;
  const text = short ? value.replace(/[\s-]/gu, "") : value;
  return short && text.length > max ? null : { kind: "number", place, how: "type", value: text, compare: "text" };
}

/** The nearest box around the code's that asks for a PIN; never beyond the code's form. */
function pinBox(box: Element): Element | null {
  let around: Element | null = box.parentElement;
  for (let step = 0; step < STEPS_MAX && around !== null; step++) {
    const found = Array.from(around.querySelectorAll("input")).filter((input) => input !== box && asksPin(input));
    if (found.length > 0) return found.length === 1 ? (found[0] ?? null) : null;
    if (around.localName === "form") return null;
    around = around.parentElement;
  }
  return null;
}

function asksPin(input: HTMLInputElement): boolean {
  if (!["text", "tel", "number", "password", ""].includes(input.type)) return false;
  const said = [input.name, input.id, input.autocomplete, ...hints(input)].join(" | ");
  return PIN.test(said) && !OTHER_PIN.test(said);
}
