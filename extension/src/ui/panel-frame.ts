/** The panel's frame, and how its body is drawn anew without losing what the shopper is doing. */
import type { PanelAction, PanelView, Trouble } from "../types/panel.ts";
import { h, replaceChildren, trusted } from "./h.ts";
import type { Words } from "./i18n/index.ts";
import type { PanelKey } from "./i18n/panel.ts";
import { icon, logo } from "./icons.ts";
import { drawStage } from "./stages/index.ts";
import type { Drawing } from "./stages/parts.ts";
import { stepper } from "./stepper.ts";

/** The page must not hear what is typed or pressed here. */
const KEPT = ["keydown", "keyup", "keypress", "beforeinput", "input", "change", "click", "pointerdown", "pointerup", "mousedown", "mouseup", "focusin", "focusout", "copy", "cut", "paste", "wheel", "touchstart", "touchend"];

/** What tells one step from the next for somebody who hears the panel. */
export function announcement(view: PanelView, body: Element): string {
  const heading = body.querySelector("h2")?.textContent ?? "";
  const where = body.querySelector(".where")?.textContent ?? "";
  return view.trouble ? `${body.querySelector(".note")?.textContent ?? ""} ${heading}` : `${heading}. ${where}`;
}

function troubleBanner(d: Drawing, trouble: Trouble): HTMLElement {
  const { t, maybe, format } = d.words;
  const declined = /^declined_(.+)$/.exec(trouble.code ?? "")?.[1];
  const why = declined === undefined ? undefined : (maybe(`decline_${declined}`) ?? declined);
  const said = (why === undefined ? undefined : t("declined", { why })) ?? (trouble.code ? maybe(`problem_${trouble.code}`) : undefined) ?? (trouble.kind === "problem" ? trouble.detail : undefined);
  const inside = h("div", null, h("strong", null, said ?? t(`trouble_${trouble.kind}`)));
  const { retryAtMs } = trouble;
  if (retryAtMs !== undefined) {
    const rest = h("span", { class: "rest num" });
    d.tick((now) => { rest.textContent = `${t("trouble_retry")} ${format.clock(retryAtMs - now)}`; });
    inside.append(rest);
  }
  return h("div", { class: "note warn" }, icon("alert"), inside);
}

export interface Frame {
  readonly panel: HTMLElement;
  readonly heading: HTMLElement;
  readonly hostLine: HTMLElement;
  readonly body: HTMLElement;
  readonly via: HTMLElement;
  readonly live: HTMLElement;
}

export function frame(say: Words<PanelKey>, close: () => void, act: (action: PanelAction) => void): Frame {
  const { t } = say;
  const heading = h("b", null);
  const hostLine = h("span", null);
  const body = h("div", { class: "body stack", attrs: { tabindex: -1 } }, h("div", { class: "busy" }, h("div", { class: "spin" })));
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
  for (const name of KEPT) panel.addEventListener(name, (event) => event.stopPropagation());
  panel.addEventListener("keydown", trusted((event: KeyboardEvent) => {
    if (event.key === "Escape") close();
  }));
  return { panel, heading, hostLine, body, via, live };
}

/** Keeps what the shopper is doing while the panel is drawn anew: focus, typed text, place. */
export function redraw(root: ShadowRoot, body: HTMLElement, draw: () => void, sameStage: boolean): void {
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

function serverName(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return origin;
  }
}

export function drawInto(parts: Frame, d: Drawing): void {
  const { view, words } = d;
  parts.heading.textContent = view.store.name;
  parts.hostLine.textContent = view.store.host;
  const via = view.server === null ? words.t("not_paired") : words.t("through", { server: serverName(view.server) });
  replaceChildren(parts.via, icon("lock", 14), via);
  replaceChildren(parts.body, stepper(view, words), view.trouble ? troubleBanner(d, view.trouble) : null, ...drawStage(d));
}
