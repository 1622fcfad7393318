/**
 * The pill: one small button at the edge of a named store's checkout. It is part of the content script, so it has its
 * own few styles and words and imports nothing large. Sliding it left opens the panel, right tucks it into the edge.
 */
import type { PillView } from "../types/panel.ts";
import { addStyle, h, replaceChildren } from "./h.ts";
import { logo } from "./icons.ts";
import { pillLanguage } from "./i18n/pill.ts";

export interface PillHost {
  open(): void;
  readonly locale: string;
}

export interface Pill {
  update(view: PillView): void;
  /** Out of the way while the panel is open. */
  show(visible: boolean): void;
  focus(): void;
  destroy(): void;
}

const CSS = `:host{all:initial!important}
.pill{all:unset;direction:ltr;box-sizing:border-box;position:fixed;z-index:2147483646;right:16px;bottom:16px;display:flex;align-items:center;gap:9px;min-height:44px;padding:8px 15px 8px 9px;
border-radius:22px;background:#fff;color:#14201d;border:1px solid #75847e;font:600 15px/1.2 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
font-variant-numeric:tabular-nums;box-shadow:0 2px 10px rgba(8,20,17,.22);cursor:pointer;touch-action:none;user-select:none;-webkit-user-select:none}
.pill[hidden]{display:none}
.pill:hover{background:#f4f7f6}.pill:focus-visible{outline:3px solid #0b5d51;outline-offset:2px;box-shadow:0 0 0 2px #fff}
.pill.tucked{right:0;padding-right:9px;border-radius:22px 0 0 22px;border-right:0}.pill.tucked .say{display:none}
.dot{width:9px;height:9px;border-radius:50%;background:#0b5d51}.attention .dot{background:#b25e00}
@media (prefers-color-scheme:dark){.pill{background:#151b19;color:#e9efec;border-color:#7b8a84}.pill:hover{background:#1f2725}
.pill:focus-visible{outline-color:#6fd6c1;box-shadow:0 0 0 2px #151b19}.dot{background:#6fd6c1}.attention .dot{background:#f4c66f}}
@media (forced-colors:active){.pill{border:2px solid ButtonText}.dot{forced-color-adjust:none}}`;

const SLIDE_PX = 28;

/** Up to the whole satoshi; the panel has the rest. */
function btc(msat: number, locale: string): string {
  const digits = (BigInt(msat) / 1000n).toString().padStart(9, "0");
  const text = `${digits.slice(0, -8)}.${digits.slice(-8)}` as `${number}`;
  return `${new Intl.NumberFormat(locale, { minimumFractionDigits: 8 }).format(text)} BTC`;
}

function caption(view: PillView, locale: string): { seen: string; said: string } {
  const words = pillLanguage(locale);
  if (view.tone === "active" || view.tone === "attention") return { seen: words[view.tone], said: words[view.tone] };
  if (view.amountMsat === null || view.tone === "unsure") return { seen: words.offer, said: words.offer };
  const amount = (view.rough ? "≈ " : "") + btc(view.amountMsat, locale);
  return { seen: amount, said: words.price.replace("{amount}", amount) };
}

function slides(button: HTMLElement, open: () => void): void {
  let from: number | null = null;
  let slid = false;
  button.addEventListener("pointerdown", (event) => {
    if (!event.isTrusted || event.button !== 0) return;
    from = event.clientX;
    slid = false;
    button.setPointerCapture(event.pointerId);
  });
  button.addEventListener("pointermove", (event) => {
    if (!event.isTrusted || from === null || Math.abs(event.clientX - from) < SLIDE_PX) return;
    const left = event.clientX < from;
    from = null;
    slid = true;
    if (!left) button.classList.add("tucked");
    else if (button.classList.contains("tucked")) button.classList.remove("tucked");
    else open();
  });
  for (const end of ["pointerup", "pointercancel"]) button.addEventListener(end, () => { from = null; });
  button.addEventListener("click", (event) => {
    // The click that ends a slide is no press.
    if (event.isTrusted && !slid) open();
    slid = false;
  });
}

export function mountPill(root: ShadowRoot, host: PillHost): Pill {
  addStyle(root, CSS);
  const say = h("span", { class: "say" });
  const button = h("button", { class: "pill", attrs: { type: "button", "aria-haspopup": "dialog", hidden: true } });
  root.append(button);
  slides(button, () => host.open());
  let known = false;
  let wanted = true;
  const place = (): void => { button.hidden = !known || !wanted; };
  /** Its left edge moves with its words. The browser counts that as a shift of the store's layout, but not of what is new. */
  const asNew = (): void => {
    const focused = root.activeElement === button;
    const next = button.nextSibling;
    button.remove();
    root.insertBefore(button, next);
    if (focused) button.focus();
  };
  return {
    update(view) {
      const { seen, said } = caption(view, view.language ?? host.locale);
      if (known && seen !== say.textContent) asNew();
      known = true;
      say.textContent = seen;
      button.setAttribute("aria-label", said);
      button.title = said;
      button.classList.toggle("attention", view.tone === "attention");
      const dot = view.tone === "active" || view.tone === "attention" ? h("span", { class: "dot" }) : null;
      replaceChildren(button, logo(26), say, dot);
      place();
    },
    show(visible) {
      wanted = visible;
      place();
    },
    focus: () => button.focus(),
    destroy: () => button.remove(),
  };
}
