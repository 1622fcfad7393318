/**
 * One store's (or shop platform's) checkout, as flat data: selectors and words, no expressions, no code. The files stand
 * in `stores/`, the schema beside them; a server can send newer ones, signed by a recipe key of its key set.
 */
export interface Recipe {
  /** Stable, lower case: `amazon`, `woocommerce`. */
  readonly id: string;
  /** Rises with every change. An older one never replaces a newer one. */
  readonly version: number;
  /** As shoppers know it. */
  readonly name: string;
  /** Exact hosts, or `*.example.com` for subdomains. Empty for a platform, which is known by `marks`. */
  readonly hosts: readonly string[];
  /** Paths of checkout pages, `*` stands for anything within one segment, `**` for the rest. */
  readonly paths: readonly string[];
  /** Selectors of which one must match for a platform's page to be known as such. */
  readonly marks?: readonly string[];
  /** Where the facts come from, and when they were last seen on a page (`2026-03`). */
  readonly evidence: { readonly kind: "measured" | "gathered" | "guess"; readonly seen: string; readonly note?: string };

  /** Selectors of the order total's element, best first. Each list below is like that. */
  readonly total: readonly string[];
  /** Elements whose amounts are never the total. */
  readonly notTotal?: readonly string[];
  readonly fields?: { readonly [kind in FieldKind]?: readonly string[] };
  /** Hosts of a payment provider's frames that may be filled. */
  readonly frameHosts?: readonly string[];
  /** Frames in the page that hold the card form, to tell the shopper which. */
  readonly frames?: readonly string[];
  /** Check boxes with which the store would keep the card. */
  readonly saveCard?: readonly string[];
  /** Only ever pointed at, never pressed. */
  readonly placeOrder?: readonly string[];
  /** Where a gift card's claim code is typed. */
  readonly giftCardCode?: readonly string[];

  /** When the store charges: with the order, or at shipment. */
  readonly charges: "order" | "shipment";
  /** The store may charge once per shipment. */
  readonly splits: boolean;
  /** The total is shown only once a payment method is on file. */
  readonly cardFirst: boolean;
  readonly takesGiftCards: boolean;
}

export type FieldKind =
  | "number"
  | "expiry"
  | "expiryMonth"
  | "expiryYear"
  | "securityCode"
  | "holder"
  | "givenName"
  | "familyName"
  | "postalCode";
