import type { Packed } from "../detect/pack.ts";
import type { Reading } from "./detect.ts";
import type { Money } from "./money.ts";
import type { CopyField, PanelAction, PanelView, PillView } from "./panel.ts";
import type { FieldKind, Recipe } from "./recipe.ts";

/**
 * What the parts of the extension say to each other. Everything here passes through JSON.
 *
 * checkout page (content script) <-> background: a port named `checkout`, one per tab's top frame.
 * provider frame (frame script) <-> background: a port named `frame`.
 * popup and extension pages -> background: `runtime.sendMessage`, see `PageRequest` in `background/`.
 */
export type FromPage =
  /**
   * What the page is now. Sent on opening the panel and on every change while it is open; it stays in the browser.
   * `blank`: its card form is there and nothing is in it, as after a reload.
   */
  | { readonly say: "reading"; readonly url: string; readonly reading: Reading; readonly blank: boolean; /** The answer to a look before filling. */ readonly toFill?: true }
  | { readonly say: "action"; readonly action: PanelAction }
  /** The panel was opened or closed by the shopper. */
  | { readonly say: "panel"; readonly open: boolean }
  /** What came of a fill. */
  | { readonly say: "filled"; readonly result: FillResult }
  | { readonly say: "code_filled"; readonly result: CodeFilled };

export type ToPage =
  /** What a content script reads with: it carries neither recipes nor words itself. */
  | { readonly say: "recipes"; readonly recipes: readonly Recipe[]; readonly words: Packed }
  /** Of the settings; `null`: the browser's. Said before anything is shown. */
  | { readonly say: "language"; readonly language: string | null }
  | { readonly say: "pill"; readonly pill: PillView }
  | { readonly say: "view"; readonly view: PanelView }
  | { readonly say: "open" }
  /** Read the page again now and answer with `reading`. `toFill`: only what could be filled now, and whether it is one form. */
  | { readonly say: "read"; readonly toFill?: true }
  /**
   * Fill these values into the page's own fields (never pressed on, never kept). `total`: refuse when the page says
   * another; `overruled`: what it seemed to say, and the shopper knew better.
   */
  | { readonly say: "fill"; readonly card: CardToFill; readonly total: Money | null; readonly overruled: Money | null }
  | { readonly say: "fill_code"; readonly code: CodeToFill }
  /** Put one value on the clipboard: the shopper has just pressed the button for it. */
  | { readonly say: "copy"; readonly field: CopyField; readonly value: string };

/** To the script in a payment provider's frame, and back. The frame says what it is before anything is sent to it. */
export type ToFrame = { readonly say: "words"; readonly words: Packed } | { readonly say: "fill"; readonly card: CardToFill };
export type FromFrame =
  /** `around`: hosts of the frames between it and the page, `""` for one that cannot be told. */
  | { readonly say: "frame"; readonly host: string; readonly kinds: readonly FieldKind[]; readonly around: readonly string[] }
  | { readonly say: "filled"; readonly filled: readonly FieldKind[]; readonly refused: readonly FieldKind[] };

/** Card data on its way into a form: in memory only, in no storage, log or view. */
export interface CardToFill {
  readonly number: string;
  readonly securityCode: string;
  readonly expiryMonth: number;
  readonly expiryYear: number;
  readonly holder: string;
  readonly postalCode: string | null;
}

/** A gift card's claim code on its way into a box: in memory only, like a card. */
export interface CodeToFill {
  readonly code: string;
  readonly pin: string | null;
}

export interface CodeFilled {
  readonly code: boolean;
  /** `false` also when there is no PIN, or no box for it. */
  readonly pin: boolean;
}

export interface FillResult {
  readonly filled: readonly FieldKind[];
  /** Fields that were found and did not take their value. */
  readonly refused: readonly FieldKind[];
  readonly missing: readonly FieldKind[];
  /** The page's total is not the quoted one: nothing was filled. */
  readonly totalChanged: Money | null | false;
  readonly saveCardTicked: boolean;
  /** Two forms, either of which could be meant: nothing was filled. */
  readonly twoForms?: true;
  /** Provider frames that could hold what is missing. */
  readonly frameHosts: readonly string[];
}
