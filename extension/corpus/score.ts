/**
 * A reading held against a label. Elements are compared, never selectors: the reader may name an input as it likes.
 *
 * Each judged fact counts what was found rightly, wrongly and not at all, so that precision and recall can be summed over
 * any set of pages.
 */

import type { Place, Reading } from "../src/types/detect.ts";
import { FIELD_KINDS, type Expectation, type LabelledPage } from "./labels.ts";
import type { SavedPage } from "../tools/page.ts";
import { placeAll } from "./places.ts";

export interface Outcome {
  readonly page: LabelledPage;
  /** `total`, `fields.number`, ... */
  readonly fact: string;
  readonly right: number;
  readonly wrong: number;
  readonly missed: number;
  /** What was wanted and what came, for people. */
  readonly story: string;
}

export function failed(outcome: Outcome): boolean {
  return outcome.wrong > 0 || outcome.missed > 0;
}

export function scorePage(page: LabelledPage, reading: Reading, loaded: SavedPage): Outcome[] {
  const { expect } = page.label;
  const out: Outcome[] = [];
  const add = (fact: string, counts: Counts, story: string): void => {
    out.push({ page, fact, ...counts, story });
  };
  if (expect.checkout !== undefined) {
    add("checkout", yesNo(expect.checkout, reading.checkout), `wanted ${expect.checkout}, got ${reading.checkout}`);
  }
  if (expect.store !== undefined) {
    const allowed = Array.isArray(expect.store) ? expect.store : [expect.store];
    add("store", sameOrNot(allowed.includes(reading.store)), `wanted ${allowed.join(" or ")}, got ${reading.store}`);
  }
  const total = scoreTotal(expect, reading);
  add("total", total, `wanted ${JSON.stringify(expect.total)}, got ${JSON.stringify(reading.total)}, candidate ${JSON.stringify(reading.candidate ?? null)}`);
  const sure = reading.total === null || reading.confidence >= 80;
  add("confidence", sameOrNot(sure && reading.confidence >= 0 && reading.confidence <= 100), `${reading.confidence}`);
  for (const { fact, counts, story } of scorePlaces(expect, reading, loaded)) add(fact, counts, story);
  return out;
}

interface Counts {
  readonly right: number;
  readonly wrong: number;
  readonly missed: number;
}

/** No total where none was to be read is right, and counts for nothing: only what is shown can be precise. */
function scoreTotal(expect: Expectation, reading: Reading): Counts {
  const { total: want } = expect;
  const { total: got } = reading;
  const same = want !== null && got !== null && want.minor === got.minor && want.currency === got.currency;
  return { right: same ? 1 : 0, wrong: got !== null && !same ? 1 : 0, missed: want !== null && !same ? 1 : 0 };
}

function yesNo(want: boolean, got: boolean): Counts {
  return { right: want && got ? 1 : 0, wrong: got && !want ? 1 : 0, missed: want && !got ? 1 : 0 };
}

function sameOrNot(same: boolean): Counts {
  return { right: same ? 1 : 0, wrong: same ? 0 : 1, missed: 0 };
}

interface Judged {
  readonly fact: string;
  readonly counts: Counts;
  readonly story: string;
}

function* scorePlaces(expect: Expectation, reading: Reading, loaded: SavedPage): Generator<Judged> {
  if (expect.fields !== undefined) {
    for (const kind of FIELD_KINDS) {
      yield comparePlaces(`fields.${kind}`, expect.fields[kind] ?? [], reading.fields[kind] ?? [], loaded, expect.optional?.[kind] ?? [], true);
    }
  }
  if (expect.frames !== undefined) {
    yield comparePlaces("frames", expect.frames, reading.frames.map((frame) => frame.css), loaded);
  }
  if (expect.giftCardCode !== undefined) {
    yield comparePlaces("giftCardCode", expect.giftCardCode, reading.giftCardCode, loaded);
  }
  if (expect.saveCard !== undefined) {
    const places = comparePlaces("saveCard", expect.saveCard.map(({ css }) => css), reading.saveCard.map(({ css }) => css), loaded);
    const ticked = (list: readonly { readonly checked: boolean }[]): string => list.map(({ checked }) => checked).join();
    const same = ticked(expect.saveCard) === ticked(reading.saveCard);
    yield same ? places : { ...places, counts: { ...places.counts, wrong: places.counts.wrong + 1 }, story: `${places.story}; ticked wrongly` };
  }
}

function comparePlaces(
  fact: string, want: readonly Place[], got: readonly Place[], loaded: SavedPage, optional: readonly Place[] = [], ordered = false,
): Judged {
  const one = (place: Place): Element | null => {
    const found = placeAll(loaded, place);
    return found.length === 1 ? (found[0] ?? null) : null;
  };
  const wanted = want.map(one);
  const allowed = optional.map(one);
  const seen: Element[] = [];
  let wrong = 0;
  for (const place of got) {
    const element = one(place);
    // A place that does not find exactly one element cannot be filled.
    if (element === null || seen.includes(element)) wrong++;
    else if (wanted.includes(element)) seen.push(element);
    else if (!allowed.includes(element)) wrong++;
  }
  const inOrder = !ordered || wanted.filter((element) => element !== null && seen.includes(element)).every((element, index) => element === seen[index]);
  if (!inOrder) wrong++;
  const counts = { right: seen.length, wrong, missed: want.length - seen.length };
  return { fact, counts, story: `wanted ${JSON.stringify(want)}, got ${JSON.stringify(got)}${inOrder ? "" : ", in another order"}` };
}
