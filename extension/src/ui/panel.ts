/**
 * The panel in a store's page. It draws what the background says and decides nothing. A page can lay something over it,
 * so nothing here spends without the confirmation of a wallet of the shopper's own.
 */
import type { MoneyRead } from "../types/money.ts";
import type { CopyField, PanelAction, PanelView, PillView, Trouble } from "../types/panel.ts";
import { addStyle, h, replaceChildren, trusted } from "./h.ts";
import { words, type Words } from "./i18n/index.ts";
import { panelWords, type PanelKey } from "./i18n/panel.ts";
import { icon, logo } from "./icons.ts";
import { PANEL_CSS } from "./panel-style.ts";
import { mountPill, type Pill } from "./pill.ts";
import { drawStage } from "./stages/index.ts";
import type { Drawing } from "./stages/parts.ts";
import { stepper } from "./stepper.ts";

export interface PanelHost {
  act(action: PanelAction): void;
  now(): number;
  /** BCP 47: the browser's language, or the one from the settings. */
  readonly locale: string;
  /** Reads a typed total; knows the page's host and language. */
  readMoney(text: string): MoneyRead;
  /** The shopper opened or closed the panel. */
  toggled?(open: boolean): void;
  /** A wallet in the browser that confirms by itself (WebLN). */
  payInBrowser?(bolt11: string): void;
  /** The pill that the content script has mounted already. */
  readonly pill?: Pill;
}

export interface Panel {
  update(view: PanelView): void;
  updatePill(view: PillView): void;
  /** A card value is on the clipboard now. */
  copied(field: CopyField): void;
  open(): void;
  close(): void;
  destroy(): void;
}

const SECOND_MS = 1000;
/** The page must not hear what is typed or pressed here. */
const KEPT = ["keydown", "keyup", "keypress", "beforeinput", "input", "change", "click", "pointerdown", "pointerup", "mousedown", "mouseup", "focusin", "focusout", "copy", "cut", "paste", "wheel", "touchstart", "touchend"];

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** What tells one step from the next for somebody who hears the panel. */
function announcement(view: PanelView, body: Element): string {
  const heading = body.querySelector("h2")?.textContent ?? "";
  const where = body.querySelector(".where")?.textContent ?? "";
  return view.trouble ? `${body.querySelector(".note")?.textContent ?? ""} ${heading}` : `${heading}. ${where}`;
}

function troubleBanner(d: Drawing, trouble: Trouble): HTMLElement {
  const { t, maybe, format } = d.words;
  const said = (trouble.code ? maybe(`problem_${trouble.code}`) : undefined) ?? (trouble.kind === "problem" ? trouble.detail : undefined);
  const inside = h("div", null, h("strong", null, said ?? t(`trouble_${trouble.kind}`)));
  const { retryAtMs } = trouble;
  if (retryAtMs !== undefined) {
    const rest = h("span", { class: "rest num" });
    d.tick((now) => { rest.textContent = `${t("trouble_retry")} ${format.clock(retryAtMs - now)}`; });
    inside.append(rest);
  }
  return h("div", { class: "note warn" }, icon("alert"), inside);
}

interface Frame {
  readonly panel: HTMLElement;
  readonly heading: HTMLElement;
  readonly hostLine: HTMLElement;
  readonly body: HTMLElement;
  readonly via: HTMLElement;
  readonly live: HTMLElement;
}

function frame(say: Words<PanelKey>, close: () => void, act: (action: PanelAction) => void): Frame {
  const { t } = say;
  const heading = h("b", null);
  const hostLine = h("span", null);
  const body = h("div", { class: "body stack", attrs: { tabindex: -1 } });
  const via = h("span", { class: "via" });
  const live = h("div", { class: "live", attrs: { role: "status", "aria-live": "polite" } });
  const panel = h(
    "div",
    { class: "panel", attrs: { role: "dialog", "aria-label": t("panel_name"), lang: say.language, hidden: true } },
    h(
      "div",
      { class: "head" },
      logo(30),
      h("div", { class: "who" }, heading, hostLine),
      h("button", { class: "x", key: "close", click: close, attrs: { type: "button", "aria-label": t("close"), title: t("close") } }, icon("cross")),
    ),
    body,
    h(
      "div",
      { class: "foot" },
      via,
      h("button", { class: "link", key: "history", click: () => act({ do: "open_page", page: "history" }), attrs: { type: "button" } }, t("history")),
    ),
    live,
  );
  return { panel, heading, hostLine, body, via, live };
}

/** Keeps what the shopper is doing while the panel is drawn anew: focus, typed text, place. */
function redraw(root: ShadowRoot, body: HTMLElement, draw: () => void, sameStage: boolean): void {
  const active = root.activeElement instanceof HTMLElement && body.contains(root.activeElement) ? root.activeElement : null;
  const key = active?.dataset["key"];
  const typed = new Map<string, string>();
  for (const input of body.querySelectorAll<HTMLInputElement>("input[type=text][data-key]")) typed.set(input.dataset["key"] ?? "", input.value);
  const top = body.scrollTop;
  draw();
  for (const input of body.querySelectorAll<HTMLInputElement>("input[type=text][data-key]")) input.value = typed.get(input.dataset["key"] ?? "") ?? input.value;
  body.scrollTop = sameStage ? top : 0;
  if (!active) return;
  const again = key === undefined ? null : body.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  (again ?? body).focus({ preventScroll: true });
}

export function mountPanel(root: ShadowRoot, host: PanelHost): Panel {
  const say = words(panelWords, host.locale);
  const act = (action: PanelAction): void => host.act(action);
  const parts = frame(say, close, act);
  const { panel, body, live } = parts;
  let ticks: ((now: number) => void)[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  let drawn = "";
  let drawnKind = "";
  let announced = "";
  let before: HTMLElement | null = null;
  let pill = host.pill;

  addStyle(root, PANEL_CSS);
  root.append(panel);
  for (const name of KEPT) panel.addEventListener(name, (event) => event.stopPropagation());
  panel.addEventListener("keydown", trusted((event: KeyboardEvent) => {
    if (event.key === "Escape") close();
  }));

  function drawing(view: PanelView): Drawing {
    return {
      view, words: say, act,
      tick: (draw) => {
        ticks.push(draw);
        draw(host.now());
      },
      say: (text) => { live.textContent = text; },
      copy: copyText,
      readMoney: (text) => host.readMoney(text),
      payInBrowser: host.payInBrowser ? (bolt11) => host.payInBrowser?.(bolt11) : null,
    };
  }

  function draw(view: PanelView): void {
    ticks = [];
    const d = drawing(view);
    parts.heading.textContent = view.store.name;
    parts.hostLine.textContent = view.store.host;
    replaceChildren(parts.via, icon("lock", 14), view.server === null ? say.t("not_paired") : say.t("through", { server: serverName(view.server) }));
    replaceChildren(body, stepper(view, say), view.trouble ? troubleBanner(d, view.trouble) : null, ...drawStage(d));
  }

  function run(): void {
    clearInterval(timer);
    const now = host.now();
    for (const tick of ticks) tick(now);
    if (!panel.hidden) timer = setInterval(() => { for (const tick of ticks) tick(host.now()); }, SECOND_MS);
  }

  function update(view: PanelView): void {
    const text = JSON.stringify(view);
    if (text === drawn) return;
    const kind = view.stage.kind;
    redraw(root, body, () => draw(view), kind === drawnKind);
    drawn = text;
    drawnKind = kind;
    const said = announcement(view, body);
    if (said !== announced && !panel.hidden) live.textContent = said;
    announced = said;
    run();
  }

  function open(): void {
    if (!panel.hidden) return;
    before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    panel.hidden = false;
    pill?.show(false);
    run();
    body.focus({ preventScroll: true });
    live.textContent = announced;
    host.toggled?.(true);
  }

  function close(): void {
    if (panel.hidden) return;
    panel.hidden = true;
    clearInterval(timer);
    pill?.show(true);
    // Where the shopper was; the pill, when the panel was opened from there.
    if (before && before !== document.body && before.isConnected && before !== root.host) before.focus({ preventScroll: true });
    else pill?.focus();
    host.toggled?.(false);
  }

  return {
    update,
    updatePill(view) {
      pill ??= mountPill(root, { open, locale: host.locale });
      pill.update(view);
    },
    copied(field) {
      const button = body.querySelector(`[data-key="copy-${field}"] span`);
      if (button) button.textContent = say.t("copied");
      live.textContent = say.t("copied_field", { field: say.t(`field_${field}`) });
    },
    open,
    close,
    destroy() {
      clearInterval(timer);
      panel.remove();
      if (!host.pill) pill?.destroy();
    },
  };
}

function serverName(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return origin;
  }
}
