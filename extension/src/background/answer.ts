/** Answers the extension's own pages, and nobody else: a content script runs in a page of the web and has no say here. */
import type { Result } from "../api/client.ts";
import { random128 } from "../api/client.ts";
import {
  callOffDestination,
  getAddress,
  getDestination,
  giveRefundDestination,
  logIn,
  logOut,
  pair,
  recover,
  refundLink,
  register,
  setAddress,
  setDestination,
  stateOf,
  unpair,
  walletBegin,
  walletFinish,
} from "./account.ts";
import type { Core } from "./core.ts";
import { ours } from "./core.ts";
import { cardOf, fill, originOf } from "./fill.ts";
import { openCode } from "../trust/reveal.ts";
import { askReveal } from "./reveal.ts";
import { chainCosts } from "./chain_costs.ts";
import { askLinked, beginLink, unlink } from "./linked.ts";
import type { LocalPurchase } from "./model.ts";
import { cancel, look } from "./purchases.ts";
import type { Answer, Ask, PageRequest, PermissionWanted, Requests, Settings } from "./requests.ts";
import { connectWallet, revokeWallet, setBudget, testWallet, walletView } from "./wallet.ts";
import { resumeAsks } from "./wallet_ask.ts";
import { backToStore, payByWallet, walletTerms } from "./wallet_pay.ts";

/** Who asked, as the browser says. */
export interface Sender {
  readonly id?: string | undefined;
  readonly url?: string | undefined;
}

/** The extension's own pages may stand in tabs like any other: their address decides. */
export function isOwnPage(sender: Sender, own: { readonly id: string; readonly base: string }): boolean {
  return sender.id === own.id && sender.url !== undefined && sender.url.startsWith(own.base);
}

type Handlers = { readonly [A in Ask]: (core: Core, request: Extract<PageRequest, { readonly ask: A }>) => Promise<Result<Requests[A]["out"]>> };

const yes = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
const no = (code: string): { readonly ok: false; readonly problem: ReturnType<typeof ours> } => ({ ok: false, problem: ours(code) });

const HANDLERS: Handlers = {
  state: async (core) => yes(await stateOf(core)),
  pair,
  unpair,
  register,
  login: logIn,
  logout: logOut,
  recover,
  new_recovery_code: async (core, { password }) => {
    const result = await core.ask((client) => client.recoveryCode(password));
    return result.ok ? yes({ recoveryCode: result.value.recovery_code }) : result;
  },
  address_get: getAddress,
  address_set: setAddress,
  destination_get: getDestination,
  destination_set: setDestination,
  destination_call_off: callOffDestination,
  linked_get: askLinked,
  link: beginLink,
  unlink,
  chain_costs: chainCosts,
  wallet_get: walletView,
  wallet_connect: async (core, request) => {
    const result = await connectWallet(core, request);
    // What an earlier connection of the same string was asked is listened for again.
    if (result.ok) resumeAsks(core);
    return result;
  },
  wallet_test: testWallet,
  wallet_budget: setBudget,
  wallet_revoke: revokeWallet,
  wallet_terms: walletTerms,
  wallet_pay: payByWallet,
  wallet_back: backToStore,
  devices: async (core) => {
    const result = await core.ask((client) => client.devices());
    return result.ok ? yes(result.value.devices) : result;
  },
  device_end: (core, { id }) => core.ask((client) => client.endDevice(random128(), id)),
  purchases: (core, { beforeMs }) => core.ask((client) => client.purchases(beforeMs)),
  purchase: (core, { id }) => core.ask((client) => client.purchase(id)),
  receipt: (core, { id }) => core.ask((client) => client.receipt(id)),
  cancel: cancelById,
  unlock_card: unlock,
  gift_code: giftCode,
  refunds: (core, { beforeMs }) => core.ask((client) => client.refunds(beforeMs)),
  refund_destination: giveRefundDestination,
  refund_link: refundLink,
  wallet_begin: walletBegin,
  wallet_finish: walletFinish,
  sent: async (core) => yes((await core.store.get()).sent),
  sent_clear: async (core) => {
    await core.store.change("sent", () => []);
    return yes(null);
  },
  settings_set: async (core, { settings }) => yes((await core.store.change("settings", (before) => readSettings(before, settings))).settings),
  attention_seen: async (core, { ids }) => {
    const { attention } = await core.store.change("attention", (all) => all.filter((one) => !ids.includes(one.id)));
    await core.env.badge(attention.length === 0 ? "" : String(attention.length));
    return yes(null);
  },
  use_here: useHere,
  permission_wanted: async (core) => yes(await permissionWanted(core)),
  permission_answered: permissionAnswered,
};

export async function answer(core: Core, request: PageRequest): Promise<Answer<Ask>> {
  const handler = Object.hasOwn(HANDLERS, request.ask) ? HANDLERS[request.ask] : undefined;
  if (handler === undefined) return { ok: false, trouble: { code: "not_allowed", detail: null, retryAfterMs: null } };
  const result = await (handler as (core: Core, request: PageRequest) => Promise<Result<Requests[Ask]["out"]>>)(core, request);
  if (result.ok) return result;
  const { code, detail, retryAfterMs } = result.problem;
  return { ok: false, trouble: { code, detail, retryAfterMs } };
}

function readSettings(before: Settings, wanted: Partial<Settings>): Settings {
  const languages: readonly Settings["language"][] = ["auto", "en", "de", "es", "zh-CN"];
  return {
    language: languages.find((one) => one === wanted.language) ?? before.language,
    notifications: wanted.notifications ?? before.notifications,
    showPill: wanted.showPill ?? before.showPill,
  };
}

async function byId(core: Core, id: string): Promise<LocalPurchase | null> {
  return (await core.store.get()).purchases.find((one) => one.id === id) ?? null;
}

async function cancelById(core: Core, { id }: { readonly id: string }): Promise<Result<Requests["cancel"]["out"]>> {
  const here = await byId(core, id);
  if (here === null) return core.ask((client) => client.cancel(random128(), id));
  await cancel(core, here.local, null);
  await look(core, here.local);
  const after = await byId(core, id);
  if (after?.problem) return { ok: false, problem: after.problem };
  return after?.view ? yes(after.view) : no("unreachable");
}

/** The card comes into this worker's memory; the shopper presses "fill" at the store within some minutes. */
async function unlock(core: Core, { id, password }: { readonly id: string; readonly password: string }): Promise<Result<null>> {
  const purchase = await byId(core, id);
  if (purchase === null) return no("not_found");
  if ((await cardOf(core, purchase, password)) !== null) return yes(null);
  return { ok: false, problem: (await byId(core, id))?.problem ?? ours("card_unreadable") };
}

/** To the extension's own page, for a code that the store's page has no box for, or that is wanted on another device. */
async function giftCode(core: Core, { id, password }: Requests["gift_code"]["in"]): Promise<Result<Requests["gift_code"]["out"]>> {
  const result = await askReveal(core, id, password ?? undefined, openCode);
  if (!result.ok) return result;
  if (result.value === null) return no("code_unreadable");
  const { code, pin, link } = result.value;
  return yes({ code, pin, link });
}

/** `activeTab` holds since the shopper opened the popup on that tab: the page's script is put there now, and nowhere else. */
async function useHere(core: Core, { tabId }: { readonly tabId: number }): Promise<Result<null>> {
  await core.env.session.set(`used ${tabId}`, true);
  const page = core.pages.get(tabId);
  if (page !== undefined) {
    page.port.say({ say: "open" });
    return yes(null);
  }
  core.openOnUp.add(tabId);
  if (await core.env.inject(tabId, "content.js", false)) return yes(null);
  core.openOnUp.delete(tabId);
  return no("no_page");
}

async function permissionWanted(core: Core): Promise<PermissionWanted | null> {
  const [{ purchases }, run] = [await core.store.get(), await core.run()];
  const wanting = purchases.findLast((one) => one.run === run && !one.dismissed && one.fill.kind === "needs_permission");
  if (wanting === undefined || wanting.fill.kind !== "needs_permission") return null;
  const { hosts, unknown = [] } = wanting.fill;
  // A script enters a page's frames only where it may enter the page: on a named store's page that is asked for too.
  const used = (await core.env.session.get(`used ${wanting.tabId}`)) === true;
  const origins = [...hosts.map(originOf), ...(used ? [] : [originOf(wanting.store)])];
  return { tabId: wanting.tabId, store: wanting.store, hosts, unknown, origins };
}

async function permissionAnswered(core: Core, { tabId, granted }: { readonly tabId: number; readonly granted: boolean }): Promise<Result<null>> {
  const [{ purchases }, run] = [await core.store.get(), await core.run()];
  const wanting = purchases.findLast((one) => one.tabId === tabId && one.run === run && one.fill.kind === "needs_permission");
  if (wanting === undefined) return yes(null);
  const page = core.pages.get(tabId);
  if (granted && page !== undefined) {
    await core.env.focusTab(tabId);
    await core.store.changePurchase(wanting.local, (one) => ({ ...one, fill: { kind: "none" } }));
    await fill(core, wanting.local, page);
    return yes(null);
  }
  await core.store.changePurchase(wanting.local, (one) => ({ ...one, fill: { kind: "copy", fields: ["number", "expiry", "securityCode", "holder"] } }));
  return yes(null);
}
