import type { Money } from "./money.ts";
import type { FieldKind } from "./recipe.ts";

/** Where an element is: in the page itself, or inside a same-origin frame or an open shadow root found by a selector. */
export type Place = string | { readonly frame: string; readonly css: Place } | { readonly host: string; readonly css: Place };

/** The card fields of a page. A number split over four inputs has four places; a field that is not there is absent. */
export type FieldPlaces = { readonly [kind in FieldKind]?: readonly Place[] };

/** What a page is, as far as a pure look at its document can tell. */
export interface Reading {
  readonly checkout: boolean;
  /** Recipe id, or `generic`; `null` when this is no checkout. */
  readonly store: string | null;
  /** Only when sure. */
  readonly total: Money | null;
  /** What was seen but is not sure: shown to the shopper, who confirms or corrects it. */
  readonly candidate?: { readonly text: string; readonly money?: Money; readonly why: string };
  /** 0 to 100; at least 80 when `total` is there. */
  readonly confidence: number;
  readonly fields: FieldPlaces;
  /** Cross-origin frames in which a payment provider may hold card fields. */
  readonly frames: readonly { readonly css: string; readonly host: string; /** Of no provider that is known: so called by the page. */ readonly unknown?: true }[];
  /** Check boxes with which the store would keep the card, and whether they are ticked. */
  readonly saveCard: readonly { readonly css: Place; readonly checked: boolean }[];
  readonly giftCardCode: readonly Place[];
  /** Told when the page is to be filled: a second complete card form that is seen as well. */
  readonly rival?: true;
}
