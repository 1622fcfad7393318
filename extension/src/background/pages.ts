/** The lines to the store's pages: what they say, what they are shown, and what the shopper presses there. */
import type { FromPage } from "../types/messages.ts";
import type { Money } from "../types/money.ts";
import type { CardField, CopyField, GiftField, GiftOpened, PanelAction, Stage } from "../types/panel.ts";
import type { Core, PageState } from "./core.ts";
import { purchaseOf, recipeFor, recipesOf } from "./core.ts";
import { hostCurrency } from "./currency.ts";
import type { PagePort } from "./env.ts";
import { WORDS } from "./words.ts";
import { copy, fill, pageFilled } from "./fill.ts";
import { codeFilled, copyGift, fillGift, giftUsed, openGiftLink } from "./gift_code.ts";
import type { GiftsAt } from "./gifts.ts";
import type { Kept, LocalPurchase } from "./model.ts";
import { askOffers, offersOf } from "./offers.ts";
import { sameMoney, withoutPageTotal } from "./model.ts";
import { answerChallenge, begin, cancel, confirmFunds, quote, secondFactor, showInvoice } from "./purchases.ts";
import type { Recipe } from "../types/recipe.ts";
import type { PageSeen, ViewInput } from "./view.ts";
import { panelView, pillView, wantsGifts } from "./view.ts";
import { addressOf, candidateOf, isMoney, readTyped, stillOf } from "./typed.ts";

export interface PageLine {
  readonly heard: (message: FromPage) => Promise<void>;
  readonly gone: () => void;
}

const typedKey = (tabId: number): string => `typed ${tabId}`;

export async function pageUp(core: Core, port: PagePort): Promise<PageLine> {
  const { hostname } = new URL(port.url);
  const page: PageState = { port, host: hostname, address: addressOf(port.url), reading: null, blank: false, open: false, typed: null, waiting: [] };
  core.pages.set(port.tabId, page);
  const typed = readTyped(await core.env.session.get(typedKey(port.tabId)), port.url);
  page.typed ??= typed;
  const kept = await core.store.get();
  const recipes = recipesOf(core.env, kept).filter((recipe) => recipe.hosts.length === 0 || recipeFor([recipe], hostname, null) !== null);
  const { language } = kept.settings;
  port.say({ say: "language", language: language === "auto" ? null : language });
  port.say({ say: "recipes", recipes, words: WORDS });
  await adopt(core, page);
  return {
    heard: (message) => heard(core, page, message),
    gone: () => {
      if (core.pages.get(port.tabId) === page) core.pages.delete(port.tabId);
    },
  };
}

/** A tab was closed and opened again, or the browser was: the purchase follows its store. */
async function adopt(core: Core, page: PageState): Promise<void> {
  const { tabId } = page.port;
  const [kept, run] = [await core.store.get(), await core.run()];
  if (purchaseOf(kept, tabId, page.host, run) !== null) return;
  for (const one of kept.purchases.filter(({ store, dismissed }) => store === page.host && !dismissed).reverse()) {
    const begun = one.wish !== null || one.view !== null;
    if (!begun || (one.run === run && (await core.env.tabExists(one.tabId)))) continue;
    await core.store.changePurchase(one.local, (before) => ({ ...before, tabId, run }));
    return;
  }
}

async function heard(core: Core, page: PageState, message: FromPage): Promise<void> {
  switch (message.say) {
    case "reading":
      page.reading = message.reading;
      page.address = addressOf(message.url);
      if (page.typed !== null && !stillOf(page.typed, message.url, message.reading)) await forgetTyped(core, page);
      page.blank = message.blank;
      if (message.toFill === true) page.waiting.splice(0).forEach((told) => told(message.reading));
      core.draw();
      return;
    case "panel":
      page.open = message.open;
      core.draw();
      return;
    case "action":
      return act(core, page, message.action);
    case "filled": {
      const purchase = await shown(core, page);
      if (purchase !== null) await pageFilled(core, purchase.local, page, message.result);
      return;
    }
    case "code_filled": {
      const purchase = await shown(core, page);
      if (purchase !== null) await codeFilled(core, purchase.local, message.result);
    }
  }
}

async function shown(core: Core, page: PageState): Promise<LocalPurchase | null> {
  return purchaseOf(await core.store.get(), page.port.tabId, page.host, await core.run());
}

async function act(core: Core, page: PageState, action: PanelAction): Promise<void> {
  const purchase = await shown(core, page);
  switch (action.do) {
    case "open_page":
      return core.env.openPage(pageOf(action.page, purchase));
    case "confirm_total":
      return typeTotal(core, page, action.total);
    case "reread":
      return reread(core, page, purchase);
    case "begin":
      return beginHere(core, page, purchase, action);
    case "begin_card_first":
      return beginCardFirst(core, page);
    case "requote":
      return requote(core, page, purchase);
    case "cancel":
      if (purchase !== null) await cancel(core, purchase.local, null);
      return;
    case "show_invoice":
      if (purchase !== null) await showInvoice(core, purchase.local);
      return;
    case "fill":
      if (purchase !== null) await (purchase.gift === undefined ? fill : fillGift)(core, purchase.local, page);
      return;
    case "confirm_funds":
      if (purchase !== null) await confirmFunds(core, purchase.local);
      return;
    case "second_factor":
      if (purchase !== null) await secondFactor(core, purchase.local, action.code);
      return;
    case "answer_challenge":
      if (purchase !== null) await answerChallenge(core, purchase.local, action.answer, action.answerByMs);
      return;
    case "copy":
      if (purchase !== null) await copyHere(core, purchase, page, action.field);
      return;
    case "open_link":
      if (purchase?.gift !== undefined) await openGiftLink(core, purchase, page);
      return;
    case "gift_used":
      if (purchase !== null) await giftUsed(core, purchase.local, action.used);
      return;
    case "dismiss":
      return dismiss(core, page, purchase);
  }
}

/** What is done has a receipt, which is what "history" means there. */
function pageOf(page: Extract<PanelAction, { do: "open_page" }>["page"], purchase: LocalPurchase | null): string {
  const done = purchase?.view?.state === "completed" ? purchase.view.id : null;
  if (page === "pay") return purchase?.view ? `pay/${purchase.view.id}` : "wallet";
  return page === "history" && done !== null ? `receipt/${done}` : page;
}

const isGiftField = (field: CopyField): field is GiftField => field === "giftCode" || field === "giftPin" || field === "giftLink";

/** What is no field of this purchase's is not copied. */
async function copyHere(core: Core, purchase: LocalPurchase, page: PageState, field: CopyField): Promise<void> {
  if (isGiftField(field)) return purchase.gift === undefined ? undefined : copyGift(core, purchase, page, field);
  const card: CardField = field;
  if (purchase.gift === undefined) await copy(core, purchase.local, page, card);
}

async function typeTotal(core: Core, page: PageState, total: Money): Promise<void> {
  if (!isMoney(total)) return;
  page.typed = { total, address: page.address, candidate: candidateOf(page.reading) };
  await core.env.session.set(typedKey(page.port.tabId), page.typed);
  core.draw();
}

async function forgetTyped(core: Core, page: PageState): Promise<void> {
  page.typed = null;
  await core.env.session.set(typedKey(page.port.tabId), null);
}

async function reread(core: Core, page: PageState, purchase: LocalPurchase | null): Promise<void> {
  await forgetTyped(core, page);
  if (purchase !== null) {
    await core.store.changePurchase(purchase.local, (one) => ({ ...withoutPageTotal(one), problem: null }));
    // "Start over": what has ended makes room for what the page says.
    await dismiss(core, page, purchase);
  }
  page.port.say({ say: "read" });
}

interface FoundTotal {
  readonly total: Money;
  readonly byHand: boolean;
  /** What the page seemed to say, and the shopper typed over. */
  readonly overruled: Money | null;
}

/** The total that the shopper was shown, and whether it is theirs or the page's word. */
function totalOf(page: PageState): FoundTotal | null {
  const read = page.reading?.total ?? null;
  const total = read ?? page.typed?.total ?? null;
  const byHand = read === null;
  return total === null ? null : { total, byHand, overruled: byHand ? (page.reading?.candidate?.money ?? null) : null };
}

type Begun = Extract<PanelAction, { do: "begin" }>;

async function beginHere(core: Core, page: PageState, purchase: LocalPurchase | null, wanted: Begun = { do: "begin", way: "card" }): Promise<void> {
  const found = totalOf(page);
  let { stage } = panelView(await viewInput(core, page));
  if (wanted.way === "gift_card" && stage.kind === "offer" && stage.looking === true) {
    // A worker that was stopped meanwhile has forgotten what was offered.
    await askOffers(core, page.host, countryOf(await core.store.get()));
    ({ stage } = panelView(await viewInput(core, page)));
  }
  if (found === null || stage.kind !== "offer") return;
  if (wanted.way === "gift_card") return beginGift(core, page, wanted, stage, found);
  if (!stage.ways.includes("card")) return;
  const from = sourceOf(wanted, stage);
  // Only what was offered is begun.
  if (from === null) return;
  if (purchase?.view?.state === "card_prepared") return quote(core, purchase.local, found);
  const name = (await seen(core, page)).name;
  const { total, byHand, overruled } = found;
  await begin(core, { ...from, tabId: page.port.tabId, store: page.host, storeName: name, total, currency: total.currency, cardFirst: false, totalByHand: byHand, overruled });
}

type Source = { readonly from?: "linked_account" | "on_chain"; readonly provider?: string; readonly refundAddress?: string };

function sourceOf({ from, refundAddress }: Begun, { linked, onChain }: Extract<Stage, { kind: "offer" }>): Source | null {
  if (from === undefined) return {};
  if (from === "linked_account") return linked === undefined ? null : { from, provider: linked.provider };
  return onChain === undefined ? null : { from, ...(refundAddress === undefined ? {} : { refundAddress }) };
}

/** Only what was offered is bought. */
async function beginGift(core: Core, page: PageState, wanted: Begun, stage: Extract<Stage, { kind: "offer" }>, found: FoundTotal): Promise<void> {
  const { gift } = wanted;
  const offered = stage.gift?.values.find(({ product, value }) => gift !== undefined && product === gift.product && sameMoney(value, gift.value));
  if (offered === undefined || stage.gift?.needsDestination === true) return;
  const storeName = (await seen(core, page)).name;
  const { product, value } = offered;
  const bought = { product, orderTotal: found.total };
  const base = { tabId: page.port.tabId, store: page.host, storeName, cardFirst: false, totalByHand: found.byHand };
  await begin(core, { ...base, total: value, currency: value.currency, gift: bought });
}

async function beginCardFirst(core: Core, page: PageState): Promise<void> {
  const input = await viewInput(core, page);
  const { stage } = panelView(input);
  if (stage.kind !== "offer_card_first") return;
  await begin(core, {
    tabId: page.port.tabId,
    store: page.host,
    storeName: input.page.name,
    total: null,
    currency: stage.currency,
    cardFirst: true,
    totalByHand: false,
  });
}

/** Called off and begun anew with what the page says now; what has ended is put away. */
async function requote(core: Core, page: PageState, purchase: LocalPurchase | null): Promise<void> {
  const { stage } = panelView(await viewInput(core, page));
  const { kind } = stage;
  const now = totalOf(page)?.total ?? null;
  if (purchase === null) return;
  if (kind === "ended") {
    await dismiss(core, page, purchase);
    return beginHere(core, page, null);
  }
  // Of a gift card another value may be the right one: that is chosen anew.
  const then = purchase.gift === undefined ? now : null;
  const declined = stage.kind === "card_ready" && stage.canRequote === true;
  if (kind === "total_changed" || kind === "untrusted" || kind === "pay" || kind === "fetched" || kind === "confirm_funds" || declined) await cancel(core, purchase.local, then);
}

/** What has ended, or never began, is put away. What is under way is not forgotten by a press. */
async function dismiss(core: Core, page: PageState, purchase: LocalPurchase | null): Promise<void> {
  if (purchase === null) return;
  const { view, wish } = purchase;
  const over = wish === null && (view === null || view.state === "completed" || view.state === "returned" || view.state === "expired");
  if (over) await forgetTyped(core, page);
  if (over) core.codes.delete(purchase.local);
  await core.store.changePurchase(purchase.local, (one) => (over ? { ...one, dismissed: true } : { ...one, problem: null }));
}

async function seen(core: Core, page: PageState): Promise<PageSeen> {
  const kept = await core.store.get();
  return seenOf(core, page, kept);
}

function seenOf(core: Core, page: PageState, kept: Kept): PageSeen {
  const recipe = recipeFor(recipesOf(core.env, kept), page.host, page.reading);
  const served = (kept.cache.served?.currencies ?? []).map((row) => row.currency);
  return {
    host: page.host,
    name: recipe !== null && recipe.hosts.length > 0 ? recipe.name : page.host,
    reading: page.reading,
    blank: page.blank,
    confirmed: page.typed?.total ?? null,
    cardFirst: recipe?.cardFirst ?? false,
    gifts: giftsAt(recipe),
    currency: hostCurrency(page.host, served),
  };
}

/** A platform's recipe says what most of its stores do; the vendor's list says what this one does. */
function giftsAt(recipe: Recipe | null): GiftsAt {
  if (recipe === null || recipe.hosts.length === 0) return "beside";
  if (!recipe.takesGiftCards) return "never";
  return recipe.charges === "shipment" ? "first" : "beside";
}

const countryOf = (kept: Kept): string | null => kept.account?.address?.country ?? null;

/** What may be drawn of an opened gift card. */
function openedOf(core: Core, purchase: LocalPurchase): GiftOpened | null {
  const opened = core.codes.get(purchase.local);
  if (opened === undefined) return null;
  return { linkHost: opened.link === null ? null : new URL(opened.link).host, instructions: opened.instructions };
}

async function viewInput(core: Core, page: PageState): Promise<ViewInput> {
  const [kept, run] = [await core.store.get(), await core.run()];
  const purchase = purchaseOf(kept, page.port.tabId, page.host, run);
  const { cache } = kept;
  const trouble =
    cache.unreachableSinceMs !== null ? ({ kind: "server_unreachable" } as const) : purchase === null ? null : (core.pageTrouble.get(purchase.local) ?? null);
  return {
    server: kept.pairing?.server ?? null,
    loggedIn: kept.session !== null,
    address: kept.account === null ? undefined : kept.account.address,
    destination: kept.account === null ? undefined : kept.account.destination,
    linked: kept.account?.linked ?? null,
    served: cache.served,
    rates: cache.rates,
    page: seenOf(core, page, kept),
    offers: offersOf(core, page.host, countryOf(kept)),
    purchase,
    wallet: kept.wallet,
    opened: purchase === null ? null : openedOf(core, purchase),
    doing: purchase === null ? null : (core.doing.get(purchase.local) ?? null),
    trouble,
    nowMs: core.env.nowMs(),
    aheadMs: cache.aheadMs,
  };
}

/** Shows every page what is so now. */
export async function drawPages(core: Core): Promise<void> {
  const { settings } = await core.store.get();
  for (const page of core.pages.values()) {
    const input = await viewInput(core, page);
    if (settings.showPill || input.purchase !== null) page.port.say({ say: "pill", pill: pillView(input) });
    if (!page.open) continue;
    const view = panelView(input);
    page.port.say({ say: "view", view });
    // The shopper has the panel open, and what the store can be paid with is being asked for, or should be.
    const { stage } = view;
    const looking = (stage.kind === "offer" && stage.looking === true) || (stage.kind === "working" && stage.what === "looking_for_gifts");
    if (looking && wantsGifts(input)) void askOffers(core, page.host, input.address?.country ?? null);
  }
}
