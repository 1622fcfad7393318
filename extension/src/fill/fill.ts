/**
 * Carries out a fill in one document: shapes, plan, writes, and a look afterwards at what really stands there.
 *
 * Invariant: card data lives on the stack of this call, and in it until the second look. Nothing here keeps, logs or
 * returns a value of the card.
 */

import { type FieldShapes, planFill, type Write } from "../plan/plan.ts";
import type { FieldPlaces, Place } from "../types/detect.ts";
import type { CardToFill } from "../types/messages.ts";
import type { FieldKind } from "../types/recipe.ts";
import { shapeOf } from "./shape.ts";
import { holds, write } from "./write.ts";

export type Find = (place: Place) => Element | null;

export interface Filled {
  readonly filled: readonly FieldKind[];
  /** Found, and did not take the value. */
  readonly refused: readonly FieldKind[];
  readonly missing: readonly FieldKind[];
}

/** Some forms throw away what was typed a moment after the field was left. */
const SETTLE_MS = 600;

/** Fills, and looks once more when the page has had its say: filled is what stood there both times. */
export async function fillSettled(fields: FieldPlaces, find: Find, card: CardToFill): Promise<Filled> {
  const { written, missing } = writeAll(fields, find, card);
  const first = outcome(written, missing, find);
  if (written.length === 0) return first;
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const last = outcome(written, missing, find);
  const lost = first.filled.filter((kind) => !last.filled.includes(kind));
  return { ...first, filled: first.filled.filter((kind) => !lost.includes(kind)), refused: [...first.refused, ...lost] };
}

export function fillCard(fields: FieldPlaces, find: Find, card: CardToFill): Filled {
  const { written, missing } = writeAll(fields, find, card);
  return outcome(written, missing, find);
}

function writeAll(fields: FieldPlaces, find: Find, card: CardToFill): { readonly written: readonly Write[]; readonly missing: readonly FieldKind[] } {
  const plan = planFill(shapes(fields, find), card);
  const written = plan.writes.map((wish) => ({ wish, element: find(wish.place) }));
  for (const { wish, element } of written) {
    if (element !== null) write(element, wish);
  }
  return { written: plan.writes, missing: plan.missing };
}

/** One field's events can change another's: what counts is what stands there at the end. */
function outcome(written: readonly Write[], missing: readonly FieldKind[], find: Find): Filled {
  const taken = new Map<FieldKind, boolean>();
  for (const wish of written) taken.set(wish.kind, (taken.get(wish.kind) ?? true) && stands(wish, find));
  const kinds = [...taken.keys()];
  return { filled: kinds.filter((kind) => taken.get(kind) === true), refused: kinds.filter((kind) => taken.get(kind) === false), missing };
}

function shapes(fields: FieldPlaces, find: Find): FieldShapes {
  const found: Partial<Record<FieldKind, ReturnType<typeof shapeOf>[]>> = {};
  for (const [kind, places] of Object.entries(fields) as [FieldKind, readonly Place[]][]) {
    found[kind] = places.flatMap((place) => {
      const element = find(place);
      return element === null ? [] : [shapeOf(place, element)];
    });
  }
  return found;
}

/** A framework may have put a new element in the old one's place: it is looked up anew. */
function stands(wish: Write, find: Find): boolean {
  const element = find(wish.place);
  return element !== null && holds(element, wish);
}
