/**
 * One tab's page, from the content script's side: reads it, shows pill and panel, fills when the background says so.
 *
 * Invariants: nothing is read on a page whose address is no checkout of a recipe until the shopper opens the panel; card
 * data is on the stack of one call; nothing of the page is sent anywhere but to the extension's own background.
 */

import type { Packed } from "../detect/pack.ts";
import type { Place, Reading } from "../types/detect.ts";
import type { FromPage, ToPage } from "../types/messages.ts";
import type { CopyField, PanelAction, PanelView, PillView } from "../types/panel.ts";
import type { Recipe } from "../types/recipe.ts";
import type { PageFiller } from "./fill.ts";
import type { ToFill } from "./reader.ts";

/** What the shopper sees of us in the page. */
export interface Surface {
  pill(view: PillView): void;
  view(view: PanelView): void;
  open(): void;
  /** Remembers whether the keyboard is in the panel; what it returns puts it back there. */
  holdFocus(): () => void;
  readonly isOpen: boolean;
}

/** The detector, handed in so that this room can be tried without it. */
export interface Detector {
  /** The words come with the recipes; without them nothing is read. */
  useWords?(words: Packed): void;
  /** Its code is here; asked for by this, it calls for another look when it has come. */
  ready?(): boolean;
  isCheckoutUrl(url: string, recipes: readonly Recipe[]): boolean;
  read(document: Document, url: string, recipes: readonly Recipe[], context?: ToFill): Reading;
  find(document: Document, place: Place): Element | null;
}

export interface PageParts {
  /** The language of the settings, `null` for the browser's. */
  readonly speak?: (language: string | null) => void;
  readonly document: Document;
  readonly url: () => string;
  readonly detector: Detector;
  readonly surface: Surface;
  readonly say: (message: FromPage) => void;
  /** What writes into forms; it comes with the panel's code. */
  readonly filler: () => Promise<PageFiller>;
  /** Puts a card's value on the clipboard and says so. */
  readonly copy: (field: CopyField, value: string) => void;
}

export interface Page {
  hear(message: ToPage): void;
  /** The page may have changed. */
  changed(): void;
  /** The shopper opened or closed the panel. */
  panel(open: boolean): void;
  act(action: PanelAction): void;
  /** A new line to the background: what it has to know is said anew. */
  lineUp(): void;
}

export function openPage(parts: PageParts): Page {
  let recipes: readonly Recipe[] | null = null;
  let said = "";
  let filled = false;

  const wanted = (): boolean =>
    recipes !== null && (parts.surface.isOpen || parts.detector.isCheckoutUrl(parts.url(), recipes));
  const read = (context?: ToFill): Reading => parts.detector.read(parts.document, parts.url(), recipes ?? [], context);
  const sayReading = (always: boolean, context?: ToFill): void => {
    if (!always && !wanted()) return;
    if (parts.detector.ready?.() === false) return;
    const reading = read(context);
    const message: FromPage = { say: "reading", url: parts.url(), reading, blank: isBlank(reading), ...(context === undefined ? {} : { toFill: true }) };
    const now = JSON.stringify(message);
    if (!always && now === said) return;
    said = now;
    parts.say(message);
  };
  const find = (place: Place): Element | null => parts.detector.find(parts.document, place);
  const isBlank = ({ fields, frames }: Reading): boolean => {
    const numbers = fields.number ?? [];
    // Into a provider's frame nobody can look: what this document was not given is not in it.
    return numbers.length === 0 ? frames.length > 0 && !filled : numbers.every((place) => isEmpty(find(place)));
  };

  return {
    hear(message) {
      switch (message.say) {
        case "recipes":
          parts.detector.useWords?.(message.words);
          recipes = message.recipes;
          sayReading(false);
          return;
        case "language":
          parts.speak?.(message.language);
          return;
        case "pill":
          parts.surface.pill(message.pill);
          return;
        case "view":
          parts.surface.view(message.view);
          return;
        case "open":
          parts.surface.open();
          return;
        case "read":
          if (message.toFill !== true) sayReading(true);
          else void parts.filler().then(({ reachable }) => sayReading(true, { fillable: reachable }));
          return;
        case "fill":
          void parts.filler().then(async ({ fillPage, reachable }) => {
            const back = parts.surface.holdFocus();
            const done = fillPage(read({ fillable: reachable }), find, message);
            back();
            const result = await done;
            filled ||= result.totalChanged === false;
            parts.say({ say: "filled", result });
          });
          return;
        case "fill_code":
          void parts.filler().then(({ fillCode }) => {
            parts.say({ say: "code_filled", result: fillCode(read().giftCardCode, find, message.code) });
          });
          return;
        case "copy":
          parts.copy(message.field, message.value);
      }
    },
    changed() {
      sayReading(false);
    },
    panel(open) {
      parts.say({ say: "panel", open });
      if (open) sayReading(true);
    },
    act(action) {
      parts.say({ say: "action", action });
    },
    lineUp() {
      said = "";
      if (parts.surface.isOpen) parts.say({ say: "panel", open: true });
      sayReading(false);
    },
  };
}

function isEmpty(element: Element | null): boolean {
  return element !== null && "value" in element && element.value === "";
}
