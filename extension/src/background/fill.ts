/**
 * From "fill" to a filled form: the page's total is read once more, then the card is asked for under a key of this one
 * call, handed to the page's form and, where the shopper allowed it, to a payment provider's frames.
 *
 * Invariant: the opened card is in memory only, in no state, log or error, and is dropped after use or after some minutes.
 */
import { ownFrameHosts } from "../manifest.ts";
import { contradiction } from "../detect/contradiction.ts";
import { openCard } from "../trust/reveal.ts";
import type { Reading } from "../types/detect.ts";
import type { CardToFill, FillResult, FromFrame } from "../types/messages.ts";
import type { Money } from "../types/money.ts";
import type { CardField } from "../types/panel.ts";
import type { FieldKind } from "../types/recipe.ts";
import type { Core, PageState } from "./core.ts";
import { once, ours } from "./core.ts";
import type { FramePort } from "./env.ts";
import type { FillHint, LocalPurchase } from "./model.ts";
import { withoutPageTotal } from "./model.ts";
import { reveal } from "./reveal.ts";

const CARD_MS_MAX = 3 * 60_000;
const READ_MS_MAX = 3_000;
const FRAMES_MS_MAX = 4_000;

/** Fills that wait for a page's or a frame's answer, by tab. In memory: a fill that is cut off is pressed again. */
const waitingFor = new WeakMap<Core, Map<number, Waiting>>();
interface Waiting {
  readonly local: string;
  /** The page's host. */
  readonly store: string;
  readonly card: CardToFill;
  readonly storeSavesCard: boolean;
  readonly hosts: readonly string[];
  readonly filled: Set<FieldKind>;
  readonly wanted: Set<FieldKind>;
  readonly answered: Set<FramePort>;
}
const waiting = (core: Core): Map<number, Waiting> => {
  const kept = waitingFor.get(core) ?? new Map<number, Waiting>();
  waitingFor.set(core, kept);
  return kept;
};

export async function fill(core: Core, local: string, page: PageState): Promise<void> {
  await once(core, `fill ${local}`, async () => {
    try {
      const before = page.reading;
      const right = await stillRight(core, local, page);
      if (right === null || !(await hasWayIn(core, local, page, before, right.reading))) return;
      const { purchase } = right;
      doing(core, local, "revealing");
      const card = await cardOf(core, purchase);
      if (card === null) return;
      doing(core, local, "filling");
      const total = purchase.view?.state === "card_prepared" ? null : purchase.total;
      page.port.say({ say: "fill", card, total, overruled: purchase.overruled ?? null });
    } finally {
      if (core.doing.get(local) !== "filling") doing(core, local, null);
    }
  });
  core.env.later(() => {
    // The page was gone before it answered.
    if (core.doing.get(local) === "filling") doing(core, local, null);
  }, FRAMES_MS_MAX * 3);
}

export function doing(core: Core, local: string, what: "revealing" | "filling" | null): void {
  if (what === null) core.doing.delete(local);
  else core.doing.set(local, what);
  core.draw();
}

/** The page is the purchase's store and still says the quoted total: asked of the page now, before a card is shown. */
async function stillRight(core: Core, local: string, page: PageState): Promise<PageNow | null> {
  const here = await pageHere(core, local, page);
  if (here === null) return null;
  const { purchase: before, reading } = here;
  // A form on a page of its own, without a total: what was read before in this purchase still holds, and is said.
  const now = contradiction(reading, before.view?.quote?.total ?? null, before.overruled ?? null);
  if (now !== null) {
    await core.store.changePurchase(local, (one) => otherTotal(one, now));
    return null;
  }
  const purchase = await core.store.changePurchase(local, withoutPageTotal);
  return purchase === null ? null : { purchase, reading };
}

export interface PageNow {
  readonly purchase: LocalPurchase;
  readonly reading: Reading;
}

/** The page is the purchase's store, can be given a secret, and answers: it is read now. */
export async function pageHere(core: Core, local: string, page: PageState): Promise<PageNow | null> {
  const before = (await core.store.get()).purchases.find((one) => one.local === local);
  if (before === undefined || before.store !== page.host) return null;
  if (!pageIsSafe(page)) {
    await core.store.changePurchase(local, (one) => ({ ...one, problem: ours("page_insecure") }));
    return null;
  }
  const reading = await new Promise<Reading | null>((resolve) => {
    const stop = core.env.later(() => resolve(null), READ_MS_MAX);
    page.waiting.push((told) => {
      stop();
      resolve(told);
    });
    page.port.say({ say: "read", toFill: true });
  });
  if (reading === null) {
    core.pageTrouble.set(local, { kind: "page_unreachable" });
    return null;
  }
  core.pageTrouble.delete(local);
  return { purchase: before, reading };
}

/**
 * Under `reveal` asking for the card takes the bitcoin. So it comes only after the page has shown a form that may be
 * filled: else the shopper is asked for the frames' hosts first, or chooses to copy.
 */
async function hasWayIn(core: Core, local: string, page: PageState, before: Reading | null, now: Reading): Promise<boolean> {
  const { frames, rival } = now;
  if (rival === true) {
    await finish(core, local, { kind: "copy", fields: ALL, why: "two_forms" });
    return false;
  }
  if (hasNumber(now)) return true;
  const hosts = [...new Set(frames.map(({ host }) => host))];
  if (ownOf(core, hosts).length > 0) return true;
  if (hosts.length > 0 && (await enterFrames(core, page.port.tabId, hosts))) return true;
  // A form that is there and cannot be reached is not what the shopper is sent to look for.
  const none = !hasNumber(before) && (before?.frames.length ?? 0) === 0;
  await finish(core, local, hosts.length > 0 ? asking(page, hosts) : { kind: "copy", fields: ALL, ...(none ? { why: "no_form" as const } : {}) });
  return false;
}

const hasNumber = (reading: Reading | null): boolean => (reading?.fields.number?.length ?? 0) > 0;

function asking(page: PageState, hosts: readonly string[]): FillHint {
  const unknown = hosts.filter((host) => page.reading?.frames.some((frame) => frame.host === host && frame.unknown === true));
  return { kind: "needs_permission", hosts, ...(unknown.length > 0 ? { unknown } : {}) };
}

/** Where the store's own frame is, the manifest has put the script, and no other is filled. */
const ownOf = (core: Core, hosts: readonly string[]): readonly string[] => hosts.filter((host) => ownFrameHosts(core.env.builtInRecipes).includes(host));

/** A form that was filled for one total is not filled for another; a card that is on file before any total stays so. */
function otherTotal(one: LocalPurchase, now: Money | null): LocalPurchase {
  const fill: FillHint = one.fill.kind === "filled" && !one.cardFirst ? { kind: "none" } : one.fill;
  return { ...one, fill, pageTotal: now };
}

/** A card number or a claim code goes over no line that others can read. */
export function pageIsSafe(page: PageState): boolean {
  const { protocol, hostname } = new URL(page.port.url);
  return protocol === "https:" || hostname === "localhost" || hostname === "127.0.0.1";
}

export async function cardOf(core: Core, purchase: LocalPurchase, password?: string): Promise<CardToFill | null> {
  const kept = core.cards.get(purchase.local);
  if (kept !== undefined) return kept;
  const card = await reveal(core, purchase, password, openCard, "card_unreadable");
  return card === null ? null : keepCard(core, purchase.local, card);
}

async function keepCard(core: Core, local: string, opened: { number: string; securityCode: string; expiryMonth: number; expiryYear: number }): Promise<CardToFill> {
  let { account } = await core.store.get();
  if (account?.address === null || account === null) {
    const address = await core.ask((client) => client.address());
    if (address.ok) account = (await core.store.change("account", (before) => ({ destination: before?.destination ?? null, address: address.value }))).account;
  }
  const address = account?.address ?? null;
  const card: CardToFill = { ...opened, holder: address?.name ?? "", postalCode: address?.postal_code ?? null };
  core.cards.set(local, card);
  core.env.later(() => {
    if (core.cards.get(local) === card) core.cards.delete(local);
  }, CARD_MS_MAX);
  return card;
}

/** What came of a fill in the page. */
export async function pageFilled(core: Core, local: string, page: PageState, result: FillResult): Promise<void> {
  if (core.doing.get(local) !== "filling") return;
  const card = core.cards.get(local);
  if (result.totalChanged !== false) {
    const now = result.totalChanged;
    await core.store.changePurchase(local, (one) => otherTotal(one, now));
    return finish(core, local, null);
  }
  if (result.twoForms === true) return finish(core, local, { kind: "copy", fields: ALL, why: "two_forms" });
  // It says so itself with its next reading, which comes a moment later.
  page.blank = false;
  const lacking = [...result.missing, ...result.refused];
  const filled = new Set(result.filled);
  const inFrames = lacking.some((kind) => ESSENTIAL.has(kind)) && result.frameHosts.length > 0;
  const wanted = new Set([...result.filled, ...lacking]);
  if (!inFrames || card === undefined) return finish(core, local, hintOf(filled, wanted, result.saveCardTicked));
  await fillFrames(core, page, { local, store: page.host, card, storeSavesCard: result.saveCardTicked, hosts: result.frameHosts, filled, wanted, answered: new Set() });
}

export const originOf = (host: string): string => `https://${host}/*`;

async function fillFrames(core: Core, page: PageState, asked: Waiting): Promise<void> {
  const { tabId } = page.port;
  const own = ownOf(core, asked.hosts);
  const job = own.length > 0 ? { ...asked, hosts: own } : asked;
  if (own.length === 0 && !(await enterFrames(core, tabId, job.hosts))) return finish(core, job.local, asking(page, job.hosts));
  waiting(core).set(tabId, job);
  // Frames that were there already say nothing by themselves again.
  for (const frame of core.frames) if (frame.tabId === tabId) offerFrame(core, frame);
  core.env.later(() => {
    if (waiting(core).get(tabId) !== job) return;
    waiting(core).delete(tabId);
    void finish(core, job.local, hintOf(job.filled, job.wanted, job.storeSavesCard));
  }, FRAMES_MS_MAX);
  await core.env.callFrames(tabId);
}

/** Puts the script into a provider's frames, where the shopper allowed it. */
async function enterFrames(core: Core, tabId: number, hosts: readonly string[]): Promise<boolean> {
  const allowed = await core.env.hasOrigins(hosts.map(originOf));
  const injected = allowed && (await core.env.inject(tabId, "frame.js", true));
  // Allowed, and still not: the shopper's press on the toolbar no longer holds, so the store's host is asked for too.
  if (allowed && !injected) await core.env.session.set(`used ${tabId}`, false);
  return injected;
}

/** A card goes to frames of the hosts that were allowed, by the address that the browser tells. */
export function offerFrame(core: Core, frame: FramePort): void {
  const job = waiting(core).get(frame.tabId);
  if (job !== undefined && isFor(job, frame)) frame.say({ say: "fill", card: job.card });
}

/**
 * Of an allowed host, and in the page itself or in a frame that is the store's own or allowed too: a provider's form in an
 * advertisement is not the store's.
 */
function isFor(job: Waiting, frame: FramePort): boolean {
  const ours = (host: string): boolean => job.hosts.includes(host);
  return frame.url.startsWith("https://") && ours(new URL(frame.url).host) && frame.around?.every((host) => ours(host) || host === job.store) === true;
}

export function frameSaid(core: Core, frame: FramePort, message: FromFrame): void {
  if (message.say === "frame") {
    frame.around = message.around;
    return offerFrame(core, frame);
  }
  const job = waiting(core).get(frame.tabId);
  if (job === undefined) return;
  message.filled.forEach((kind) => job.filled.add(kind));
  job.answered.add(frame);
  // The name's frame may be the last to answer, and a store may insist on it.
  if ([...core.frames].some((one) => one.tabId === frame.tabId && isFor(job, one) && !job.answered.has(one))) return;
  if ([...ESSENTIAL].some((kind) => job.wanted.has(kind) && !took(job.filled, kind))) return;
  waiting(core).delete(frame.tabId);
  void finish(core, job.local, hintOf(job.filled, job.wanted, job.storeSavesCard));
}

async function finish(core: Core, local: string, hint: FillHint | null): Promise<void> {
  if (hint !== null) await core.store.changePurchase(local, (one) => ({ ...one, fill: hint }));
  // What is missing can still be copied; a complete form needs the card no more.
  if (hint?.kind === "filled" && hint.missing.length === 0) core.cards.delete(local);
  doing(core, local, null);
}

const ESSENTIAL = new Set<FieldKind>(["number", "expiry", "expiryMonth", "expiryYear", "securityCode"]);
const COPIES: Readonly<Record<FieldKind, CardField>> = {
  number: "number",
  expiry: "expiry",
  expiryMonth: "expiry",
  expiryYear: "expiry",
  securityCode: "securityCode",
  holder: "holder",
  givenName: "holder",
  familyName: "holder",
  postalCode: "postalCode",
};
const ALL: readonly CardField[] = ["number", "expiry", "securityCode", "holder"];

/** An expiry that the page lacked may stand in a frame in two fields. */
const took = (filled: ReadonlySet<FieldKind>, kind: FieldKind): boolean =>
  filled.has(kind) || (kind === "expiry" && filled.has("expiryMonth") && filled.has("expiryYear"));

/** Pure: a form without the number is not filled, whatever else took. */
export function hintOf(filled: ReadonlySet<FieldKind>, wanted: ReadonlySet<FieldKind>, storeSavesCard: boolean): FillHint {
  if (!filled.has("number")) return { kind: "copy", fields: ALL };
  const lacking = new Set([...wanted].filter((kind) => !took(filled, kind)).map((kind) => COPIES[kind]));
  const fields = new Set([...filled].map((kind) => COPIES[kind]));
  return { kind: "filled", fields: [...fields].filter((field) => !lacking.has(field)), missing: [...lacking], storeSavesCard };
}

/** One value for the clipboard, to the page whose button the shopper just pressed. */
export async function copy(core: Core, local: string, page: PageState, field: CardField): Promise<void> {
  const purchase = (await core.store.get()).purchases.find((one) => one.local === local);
  if (purchase === undefined || purchase.store !== page.host || !pageIsSafe(page)) return;
  const card = await cardOf(core, purchase);
  if (card === null) return;
  const two = (n: number): string => String(n).padStart(2, "0");
  const values: Readonly<Record<CardField, string>> = {
    number: card.number,
    expiry: `${two(card.expiryMonth)}/${two(card.expiryYear % 100)}`,
    securityCode: card.securityCode,
    holder: card.holder,
    postalCode: card.postalCode ?? "",
  };
  page.port.say({ say: "copy", field, value: values[field] });
}
