/** The toolbar popup: pay here, what is under way, what needs a look. */
import type { Attention, BackgroundState, OpenPurchase } from "../../background/requests.ts";
import { addStyle, h, replaceChildren, type Child } from "../h.ts";
import { words, type Words } from "../i18n/index.ts";
import { pagesWords, type PagesKey } from "../i18n/pages.ts";
import { icon, logo } from "../icons.ts";
import { providerName } from "../providers.ts";
import { serverName, troubleText, type AskFn } from "./kit.ts";
import { POPUP_CSS } from "./style.ts";

export interface PopupHost {
  readonly ask: AskFn;
  readonly locale: string;
  /** The tab that the popup was opened on; `host` when it is a page of the web. */
  readonly tab: () => Promise<{ readonly id: number; readonly host: string | null } | null>;
  readonly openPage: (route: string) => void;
  readonly goToTab: (id: number) => void;
  readonly close: () => void;
}

const ROUTE_OF: Readonly<Record<NonNullable<BackgroundState["missing"]>, string>> = { pairing: "pair", login: "login", billing_address: "address" };
const ATTENTION_ROUTE: Readonly<Record<Attention["kind"], string>> = {
  refund_destination_missing: "refunds", refund_destination_refused: "refunds", refund_paid: "refunds", charged: "history", code_ready: "history", destination_changing: "refunds",
};

function openItem(say: Words<PagesKey>, host: PopupHost, one: OpenPurchase): HTMLElement {
  const { t, format } = say;
  const { tabId } = one;
  return h(
    "li",
    { class: "item" },
    h(
      "div",
      { class: "grow" },
      h("b", { class: "break" }, one.storeHost),
      h("p", { class: "small soft" }, [one.total ? format.money(one.total) : null, t(`state_${one.state}`), t(`bitcoin_${one.bitcoin}`)].filter(Boolean).join(" · ")),
    ),
    tabId === null ? null : h("button", { class: "btn little", click: () => host.goToTab(tabId), attrs: { type: "button", "aria-label": `${t("popup_go")}: ${one.storeHost}` } }, icon("arrow", 18)),
  );
}

function attentionItem(say: Words<PagesKey>, host: PopupHost, one: Attention): HTMLElement {
  const seen = (): void => {
    void host.ask("attention_seen", { ids: [one.id] }).then(() => host.openPage(ATTENTION_ROUTE[one.kind]));
  };
  return h("li", null, h("button", { class: "note warn press", click: seen, attrs: { type: "button" } }, icon("alert"), h("span", { class: "break" }, say.t(`attention_${one.kind}`, { id: one.id }))));
}

function setup(say: Words<PagesKey>, host: PopupHost, state: BackgroundState): Child {
  if (state.missing === null) return null;
  const { missing } = state;
  return h(
    "div",
    { class: "stack" },
    h("p", null, say.t(`popup_setup_${missing}`, { server: serverName(state.server) })),
    h("button", { class: "btn main wide", click: () => host.openPage(ROUTE_OF[missing]), attrs: { type: "button" } }, say.t("popup_setup_do")),
  );
}

async function here(say: Words<PagesKey>, host: PopupHost, main: boolean): Promise<Child> {
  const { t } = say;
  const tab = await host.tab();
  if (tab === null || tab.host === null) return h("p", { class: "soft small" }, t("popup_no_page"));
  const trouble = h("p", { class: "error", attrs: { role: "alert" } });
  const use = (): void => {
    void host.ask("use_here", { tabId: tab.id }).then((answer) => {
      if (answer.ok) host.close();
      else trouble.textContent = troubleText(say, answer.trouble);
    });
  };
  return h(
    "div",
    { class: "stack tight" },
    h("button", { class: `btn wide break ${main ? "main" : ""}`, click: use, attrs: { type: "button" } }, t("popup_here_host", { host: tab.host })),
    h("p", { class: "soft small center" }, t("popup_here_text")),
    trouble,
  );
}

function status(say: Words<PagesKey>, state: BackgroundState): Child {
  const { t, maybe } = say;
  const text =
    state.distrusted !== null ? `${t("distrusted")} ${maybe(`problem_key_set_${state.distrusted}`) ?? maybe(`problem_${state.distrusted}`) ?? ""}`
    : state.unreachableSinceMs !== null ? t("popup_unreachable")
    : state.acceptsPurchases === false ? t("popup_not_accepting")
    : null;
  return text === null ? null : h("div", { class: `note ${state.distrusted === null ? "warn" : "bad"}` }, icon("alert"), h("span", null, text));
}

function list(title: string, items: readonly HTMLElement[]): Child {
  return items.length === 0 ? null : h("section", { class: "stack tight" }, h("h2", { class: "label" }, title), h("ul", { class: "stack tight" }, ...items));
}

function linkedLine(say: Words<PagesKey>, { linked }: BackgroundState): Child {
  if (linked === null || linked.availableSat === null) return null;
  return h("p", { class: "small soft num" }, say.t("popup_linked", { provider: providerName(linked.provider), available: say.format.btc(linked.availableSat * 1_000) }));
}

function foot(say: Words<PagesKey>, host: PopupHost, links: boolean): HTMLElement {
  const to = (route: string, key: PagesKey): HTMLElement => h("button", { class: "link", click: () => host.openPage(route), attrs: { type: "button" } }, say.t(key));
  return h("footer", { class: "links" }, to("history", "nav_history"), to("refunds", "nav_refunds"), links ? to("linked", "nav_linked") : null, to("sent", "nav_sent"), to("settings", "nav_settings"));
}

export async function startPopup(host: PopupHost): Promise<void> {
  addStyle(document, POPUP_CSS);
  const answer = await host.ask("state", {});
  const language = answer.ok && answer.value.settings.language !== "auto" ? answer.value.settings.language : host.locale;
  const say = words(pagesWords, language);
  document.documentElement.lang = say.language;
  document.title = say.t("app_name");
  const state = answer.ok ? answer.value : null;
  const who = state === null || state.server === null ? null : [state.login, serverName(state.server)].filter(Boolean).join(" · ");
  const main = h("main", { class: "stack" });
  replaceChildren(
    main,
    answer.ok ? null : h("p", { class: "error", attrs: { role: "alert" } }, troubleText(say, answer.trouble)),
    state === null ? null : status(say, state),
    state === null ? null : setup(say, host, state),
    await here(say, host, state?.missing === null),
    state === null ? null : linkedLine(say, state),
    state === null ? null : list(say.t("popup_attention"), state.attention.map((one) => attentionItem(say, host, one))),
    state === null ? null : list(say.t("popup_open"), state.open.map((one) => openItem(say, host, one))),
  );
  document.body.replaceChildren(
    h("header", { class: "brand" }, logo(30), h("div", null, h("h1", null, say.t("app_name")), who === null ? null : h("p", { class: "small soft break" }, who))),
    main,
    foot(say, host, state !== null && (state.linkable.length > 0 || state.linked !== null)),
  );
}
