/**
 * Pill and panel in the page: one element of ours at the end of the document, with a closed shadow root, so that neither
 * side's styles or scripts reach the other. The panel's code comes when it is opened for the first time.
 */

import type { MoneyRead } from "../types/money.ts";
import type { CopyField, PanelAction, PanelView, PillView } from "../types/panel.ts";
import type { Panel, PanelHost } from "../ui/panel.ts";
import { mountPill, type Pill } from "../ui/pill.ts";
import type { Surface } from "./page.ts";

export type MountPanel = (root: ShadowRoot, host: PanelHost) => Panel;

export interface SurfaceParts {
  readonly document: Document;
  readonly locale: () => string;
  readonly act: (action: PanelAction) => void;
  readonly toggled: (open: boolean) => void;
  readonly readMoney: (text: string) => MoneyRead;
  /** Loads the panel's code; {@link PageSurface.panelCode} is called when it has come. */
  readonly fetchPanel: () => void;
}

export interface PageSurface extends Surface {
  panelCode(mount: MountPanel): void;
  copied(field: CopyField): void;
  /** The page may have thrown our element away with its own, or laid a dialog over it. */
  stay(): void;
  remove(): void;
  readonly element: HTMLElement | null;
}

/**
 * Into the browser's top layer, where no transform, clip or layer of the page reaches. A modal dialog makes all else of its
 * page inert, so while one is open our element is in it.
 */
function place(element: HTMLElement): void {
  const document = element.ownerDocument;
  const home = [...document.querySelectorAll("dialog[open]")].filter(isModal).at(-1) ?? document.documentElement;
  if (element.parentNode !== home) home.append(element);
  try {
    if (!element.matches(":popover-open")) element.showPopover();
  } catch {
    // A browser without it, or a page that is going away: then it stands where it is.
  }
}

function isModal(dialog: Element): boolean {
  try {
    return dialog.matches(":modal");
  } catch {
    return false;
  }
}

export function openSurface(parts: SurfaceParts): PageSurface {
  let element: HTMLElement | null = null;
  let root: ShadowRoot | null = null;
  let pill: Pill | null = null;
  let panel: Panel | null = null;
  let wanted = false;
  let shown = false;
  let view: PanelView | null = null;

  const own = (): ShadowRoot => {
    if (root !== null) return root;
    element = parts.document.createElement("anytill-panel");
    element.popover = "manual";
    root = element.attachShadow({ mode: "closed" });
    place(element);
    return root;
  };
  const ownPill = (): Pill => (pill ??= mountPill(own(), { open, locale: parts.locale() }));

  function open(): void {
    wanted = true;
    if (panel === null) {
      parts.fetchPanel();
      return;
    }
    panel.open();
  }

  return {
    pill(next: PillView) {
      ownPill().update(next);
    },
    view(next: PanelView) {
      view = next;
      panel?.update(next);
    },
    open,
    holdFocus() {
      const held = root?.activeElement ?? null;
      return () => {
        if (held instanceof HTMLElement && held.isConnected) held.focus({ preventScroll: true });
      };
    },
    get isOpen() {
      return shown || wanted;
    },
    panelCode(mount) {
      if (panel !== null) return;
      panel = mount(own(), {
        act: parts.act,
        now: () => Date.now(),
        locale: parts.locale(),
        readMoney: parts.readMoney,
        toggled: (isOpen) => {
          shown = isOpen;
          wanted = isOpen;
          parts.toggled(isOpen);
        },
        ...(pill === null ? {} : { pill }),
      });
      if (view !== null) panel.update(view);
      if (wanted) panel.open();
    },
    copied(field) {
      panel?.copied(field);
    },
    stay() {
      if (element !== null) place(element);
    },
    remove() {
      panel?.destroy();
      pill?.destroy();
      element?.remove();
    },
    get element() {
      return element;
    },
  };
}
