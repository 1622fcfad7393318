/** The extension's own pages: one document, its routes in the hash. What it needs of the browser is handed in. */
import type { BackgroundState } from "../../background/requests.ts";
import { addStyle, h, replaceChildren, type Child } from "../h.ts";
import { words } from "../i18n/index.ts";
import { pagesWords, type PagesKey } from "../i18n/pages.ts";
import { logo } from "../icons.ts";
import { errorNote, isSending, serverName, type AskFn, type Drawn, type Page } from "./kit.ts";
import { PAGES_CSS } from "./style.ts";
import { address, devices, sent, settings } from "./routes/account.ts";
import { history, receipt } from "./routes/history.ts";
import { linked } from "./routes/linked.ts";
import { pay } from "./routes/pay.ts";
import { permission } from "./routes/permission.ts";
import { refunds } from "./routes/refunds.ts";
import { home, login, pair, recover, register } from "./routes/setup.ts";
import { wallet } from "./routes/wallet.ts";
import { newcomer, wallets } from "./routes/wallets.ts";

export interface AppHost {
  readonly ask: AskFn;
  readonly requestPermission: Page["requestPermission"];
  readonly nowMs: () => number;
  readonly locale: string;
  /** Calls back whenever the background's state has changed. */
  readonly onChanged: (changed: () => void) => void;
}

const ROUTES: Readonly<Record<string, (page: Page, rest: string) => Drawn>> = {
  "": home, pair, register, login, recover, address, refunds, devices, history, sent, settings, permission, receipt, linked,
  wallets, new: newcomer, wallet, pay,
};

const NAV: readonly (readonly [route: string, key: PagesKey])[] = [
  ["", "nav_home"], ["history", "nav_history"], ["refunds", "nav_refunds"], ["linked", "nav_linked"], ["wallet", "nav_wallet"], ["address", "nav_address"],
  ["devices", "nav_devices"], ["sent", "nav_sent"], ["wallets", "nav_wallets"], ["settings", "nav_settings"],
];

/** Of `#/permission?hosts=x` and `#/receipt/ab12` the route, and what follows. */
export function routeOf(hash: string): { readonly route: string; readonly rest: string } {
  const [path = ""] = hash.replace(/^#\/?/, "").split("?");
  const [route = "", ...rest] = path.split("/");
  return Object.hasOwn(ROUTES, route) ? { route, rest: rest.join("/") } : { route: "", rest: "" };
}

/** Something that the shopper typed, an answer that is awaited, or what is shown only once: not to be drawn over. */
function busy(main: HTMLElement): boolean {
  if (isSending() || main.querySelector(".secret, .outcome")) return true;
  if ([...main.querySelectorAll<HTMLInputElement>("form input")].some((input) => input.value !== input.defaultValue)) return true;
  const active = document.activeElement;
  return active instanceof HTMLElement && main.contains(active) && active.closest("form") !== null;
}

/** Where the keyboard is, by number: what is drawn anew has the same things in the same order. */
function heldIn(main: HTMLElement): { readonly at: number } | null {
  const at = [...main.querySelectorAll(FOCUSABLE)].findIndex((element) => element === document.activeElement);
  return at < 0 ? null : { at };
}

const FOCUSABLE = "a, button, input, select, summary";

/** Draws anew what nobody asked to be drawn: only where it differs, with the focus where it was. */
function swap(main: HTMLElement, content: readonly Child[]): void {
  const next = h("div", null, ...content);
  // The identifiers of fields are counted up with each drawing.
  const plain = (html: string): string => html.replace(/\bf\d+(?=[eh]?["\s])/g, "");
  if (plain(next.innerHTML) === plain(main.innerHTML)) return;
  const held = heldIn(main);
  main.replaceChildren(...next.childNodes);
  if (held !== null) main.querySelectorAll<HTMLElement>(FOCUSABLE)[held.at]?.focus({ preventScroll: true });
}

interface Doors {
  readonly draw: (moved: boolean) => Promise<void>;
  readonly say: (text: string) => void;
}

function pageFor(host: AppHost, state: BackgroundState, doors: Doors): Page {
  const locale = state.settings.language === "auto" ? host.locale : state.settings.language;
  return {
    words: words(pagesWords, locale), state, ask: host.ask, requestPermission: host.requestPermission, nowMs: host.nowMs,
    go: (route) => {
      if (routeOf(location.hash).route === routeOf(`#/${route}`).route) void doors.draw(true);
      else location.hash = `#/${route}`;
    },
    refresh: () => doors.draw(false),
    say: doors.say,
  };
}

/** What is around every route. */
interface Frame {
  readonly nav: HTMLElement;
  readonly who: HTMLElement;
}

function drawFrame({ nav, who }: Frame, page: Page, route: string): void {
  const { t, language } = page.words;
  document.documentElement.lang = language;
  who.textContent = page.state.server === null ? "" : [page.state.login, serverName(page.state.server)].filter(Boolean).join(" · ");
  nav.setAttribute("aria-label", t("menu"));
  // Where the server links none there is nothing to see.
  const shown = NAV.filter(([to]) => to !== "linked" || route === to || page.state.linkable.length > 0 || page.state.linked !== null);
  replaceChildren(nav, ...shown.map(([to, key]) => h("a", { attrs: { href: `#/${to}`, "aria-current": to === route ? "page" : null } }, t(key))));
}

export async function startApp(host: AppHost): Promise<{ draw: () => Promise<void> }> {
  addStyle(document, PAGES_CSS);
  const nav = h("nav", { class: "nav noprint" });
  const who = h("p", { class: "who small soft break" });
  const main = h("main", { class: "main stack" });
  const live = h("div", { class: "live", attrs: { role: "status", "aria-live": "polite" } });
  document.body.replaceChildren(
    h("div", { class: "layout" }, h("header", { class: "side" }, h("div", { class: "brand" }, logo(34), h("b", null, "Anytill")), who, nav), main),
    live,
  );
  let generation = 0;
  let drawing = 0;
  let changed = false;
  const doors: Doors = { draw: (moved) => draw(moved), say: (text) => { live.textContent = text; } };

  /**
   * `moved`: to another route, so that the heading is where reading goes on. `yielding`: nobody asked for it, so whatever the
   * shopper began while the answers were under way comes first.
   */
  async function draw(moved: boolean, yielding = false): Promise<void> {
    drawing += 1;
    await drawNow(moved, yielding);
    drawing -= 1;
    if (drawing === 0 && changed) follow();
  }

  /** The background's state has changed: that waits for what the shopper asked to be drawn, and yields to what they do. */
  function follow(): void {
    changed = drawing > 0;
    if (!changed && !busy(main)) void draw(false, true);
  }

  async function drawNow(moved: boolean, yielding: boolean): Promise<void> {
    const mine = (generation += 1);
    const answer = await host.ask("state", {});
    if (mine !== generation) return;
    if (!answer.ok) {
      const page = pageFor(host, NO_STATE, doors);
      replaceChildren(main, errorNote(page, answer.trouble), h("button", { class: "btn", click: () => void draw(true), attrs: { type: "button" } }, page.words.t("retry")));
      return;
    }
    const page = pageFor(host, answer.value, doors);
    const { route, rest } = routeOf(location.hash);
    drawFrame({ nav, who }, page, route);
    const content: readonly Child[] = await (ROUTES[route] ?? home)(page, rest);
    if (mine !== generation || (yielding && busy(main))) return;
    if (yielding) return swap(main, content);
    const held = moved ? null : heldIn(main);
    replaceChildren(main, ...content);
    if (held !== null) main.querySelectorAll<HTMLElement>(FOCUSABLE)[held.at]?.focus({ preventScroll: true });
    const title = main.querySelector("h1");
    document.title = `${title?.textContent ?? ""} · Anytill`;
    if (!moved) return;
    scrollTo(0, 0);
    title?.focus({ preventScroll: true });
  }

  addEventListener("hashchange", () => void draw(true));
  host.onChanged(follow);
  // Back from the provider's page, where the account was linked or was not.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && routeOf(location.hash).route === "linked") follow();
  });
  await draw(false);
  return { draw: () => draw(true) };
}

/** Enough to say in the browser's language that the background does not answer. */
const NO_STATE: BackgroundState = {
  server: null, rootKey: null, keySetVersion: null, login: null, missing: "pairing", unreachableSinceMs: null, distrusted: null,
  openRegistration: null, acceptsPurchases: null, linkable: [], onChain: false, linked: null, open: [], attention: [], settings: { language: "auto", notifications: false, showPill: true },
};
