/** Pairing, the account and what the extension's own pages show. Passwords and codes pass through and are kept nowhere. */
import { readPairing, readPairingParts } from "../api/address.ts";
import type { Client, Problem, Result } from "../api/client.ts";
import { makeClient, random128 } from "../api/client.ts";
import type { GiveDestination, SessionView } from "../api/types.ts";
import { acceptKeySet } from "../trust/key_set.ts";
import { readPayee, type Payee } from "../trust/payee.ts";
import type { Core } from "./core.ts";
import { outsideOf, ours } from "./core.ts";
import type { Kept, LocalPurchase, Pairing } from "./model.ts";
import { EMPTY, isTerminal } from "./model.ts";
import { refreshLinked } from "./linked.ts";
import { resume } from "./purchases.ts";
import { refreshRates, refreshRecipes } from "./refresh.ts";
import type { Ask, BackgroundState, Missing, OpenPurchase, PageRequest, Requests } from "./requests.ts";

type Out<A extends Ask> = Promise<Result<Requests[A]["out"]>>;
type In<A extends Ask> = Extract<PageRequest, { readonly ask: A }>;

const no = (code: string): { readonly ok: false; readonly problem: Problem } => ({ ok: false, problem: ours(code) });
const yes = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
const mapped = <T, U>(result: Result<T>, make: (value: T) => U): Result<U> => (result.ok ? yes(make(result.value)) : result);

/** Nothing is kept before the server has shown a key set that its root key signed. */
export async function pair(core: Core, request: In<"pair">): Out<"pair"> {
  const wanted = "pairing" in request ? readPairing(request.pairing) : readPairingParts(request.server, request.rootKey);
  if (wanted === null) return no("pairing" in request ? "pairing_malformed" : "address_refused");
  const signed = await makeClient(outsideOf(core), wanted.server, null).keySet();
  if (!signed.ok) return signed;
  const accepted = acceptKeySet(signed.value, { root: wanted.rootKey, version: 0, textHash: "" });
  if ("fault" in accepted) return no(`key_set_${accepted.fault}`);
  // Invoices commit to the server's own name for itself: under another one none would ever pass.
  const served = await makeClient(outsideOf(core), wanted.server, null).served();
  if (!served.ok) return served;
  if (served.value.server !== wanted.server) return { ok: false, problem: { ...ours("server_differs"), detail: served.value.server } };
  const { set, pinned } = accepted;
  const pairing: Pairing = { server: wanted.server, pinned, nodes: set.nodes, recipeKeys: set.recipeKeys, network: null, distrusted: null };
  const before = (await core.store.get()).pairing;
  if (before !== null && before.server !== pairing.server) await forget(core);
  await core.store.change("pairing", (kept) => ({ ...pairing, network: kept?.server === pairing.server ? kept.network : null }));
  await refreshRates(core);
  await refreshRecipes(core);
  return yes({ server: pairing.server, rootKey: pinned.root, keySetVersion: pinned.version });
}

/** Another server knows nothing of this one's account and purchases. The list of what was sent stays: it is the shopper's. */
async function forget(core: Core): Promise<void> {
  core.follows.forEach((stop) => stop.abort());
  core.cards.clear();
  for (const key of ["session", "account", "purchases", "attention", "cache", "recipes", "watched"] as const) {
    await core.store.change(key, () => EMPTY[key] as never);
  }
}

export async function unpair(core: Core): Out<"unpair"> {
  await core.ask((client) => client.logout());
  await forget(core);
  await core.store.change("pairing", () => null);
  return yes(null);
}

async function enter(core: Core, login: string, result: Result<SessionView>): Promise<Result<SessionView>> {
  if (!result.ok) return result;
  const { token, device, expires_at_ms: expiresAtMs } = result.value;
  if (typeof token !== "string" || typeof device !== "string") return no("answer_malformed");
  await core.store.change("session", () => ({ login, token, device, expiresAtMs }));
  await refreshAccount(core);
  void resume(core, true);
  return result;
}

export async function register(core: Core, { login, password, invitation, deviceName }: In<"register">): Out<"register"> {
  const result = await core.ask((client) => client.register({ login, password, invitation, device_name: deviceName }));
  return mapped(await enter(core, login, result), (session) => ({ recoveryCode: session.recovery_code ?? "" }));
}

export async function logIn(core: Core, { login, password, deviceName }: In<"login">): Out<"login"> {
  const result = await core.ask((client) => client.login({ login, password, device_name: deviceName }));
  return mapped(await enter(core, login, result), () => null);
}

export const walletBegin = (core: Core, { action }: In<"wallet_begin">): Out<"wallet_begin"> => core.ask((client) => client.walletBegin(action));

export async function walletFinish(core: Core, { session, deviceName, invitation }: In<"wallet_finish">): Out<"wallet_finish"> {
  const result = await core.ask((client) => client.walletFinish({ session, device_name: deviceName, invitation }));
  if (!result.ok) return result;
  const { login } = result.value;
  if (typeof login !== "string") return no("answer_malformed");
  return mapped(await enter(core, login, result), (view) => ({ recoveryCode: view.recovery_code ?? null }));
}

/** Here it is over at once, whether the server could be told or not. */
export async function logOut(core: Core): Out<"logout"> {
  await core.ask((client) => client.logout());
  core.follows.forEach((stop) => stop.abort());
  core.cards.clear();
  await core.store.change("session", () => null);
  await core.store.change("account", () => null);
  await core.store.change("watched", () => null);
  await core.store.change("attention", () => []);
  return yes(null);
}

export async function recover(core: Core, { login, recoveryCode, newPassword }: In<"recover">): Out<"recover"> {
  const body = { login, recovery_code: recoveryCode, new_password: newPassword };
  const result = await core.ask((client) => client.recover(body));
  return mapped(result, (view) => ({ recoveryCode: view.recovery_code, devicesRevoked: view.devices_revoked }));
}

/** Address and destination as they are at the server: what is missing is said before anything is paid. */
export async function refreshAccount(core: Core): Promise<void> {
  const [address, destination] = [await core.ask((client) => client.address()), await core.ask((client) => client.destination())];
  const none = !address.ok && address.problem.code === "not_found";
  if ((!address.ok && !none) || !destination.ok) return;
  await core.store.change("account", (before, { session }) =>
    session === null ? before : { ...before, address: address.ok ? address.value : null, destination: destination.value.in_force ?? null },
  );
  await refreshLinked(core);
}

export async function getAddress(core: Core): Out<"address_get"> {
  const result = await core.ask((client) => client.address());
  return !result.ok && result.problem.code === "not_found" ? yes(null) : result;
}

export async function setAddress(core: Core, { address }: In<"address_set">): Out<"address_set"> {
  const result = await core.ask((client) => client.putAddress(random128(), address));
  if (result.ok) await core.store.change("account", (before) => ({ destination: null, ...before, address: result.value }));
  return result;
}

/** What is known already is no change: open pages ask for it whenever something changes. */
async function keepDestination(core: Core, destination: string | null): Promise<void> {
  await core.store.change("account", (before) => (before !== null && before.destination === destination ? before : { address: null, ...before, destination }));
}

async function withDestination(core: Core, call: (client: Client) => Out<"destination_get">): Out<"destination_get"> {
  const result = await core.ask(call);
  if (result.ok) await keepDestination(core, result.value.in_force ?? null);
  return result;
}

export const getDestination = (core: Core): Out<"destination_get"> => withDestination(core, (client) => client.destination());

export function setDestination(core: Core, { lightningAddress, password }: In<"destination_set">): Out<"destination_set"> {
  return withDestination(core, (client) => client.putDestination(random128(), { lightning_address: lightningAddress, password }));
}

export const callOffDestination = (core: Core): Out<"destination_call_off"> => withDestination(core, (client) => client.callOffDestination(random128()));

function fieldOf(payee: Payee): GiveDestination {
  switch (payee.kind) {
    case "lightning_address":
      return { lightning_address: payee.address };
    case "bolt11":
      return { bolt11: payee.invoice };
    case "bolt12":
      return { bolt12: payee.offer };
    case "on_chain":
      return { address: payee.address };
  }
}

export async function giveRefundDestination(core: Core, request: In<"refund_destination">): Out<"refund_destination"> {
  const { pairing, cache } = await core.store.get();
  const read = readPayee(request.to, { network: pairing?.network ?? null, nowMs: core.env.nowMs() + cache.aheadMs });
  if ("fault" in read) return no(`payee_${read.fault}`);
  const { payee } = read;
  const result = await core.ask((client) => client.giveDestination(random128(), request.id, { ...fieldOf(payee), password: request.password }));
  // A server without the chain says so; one that does not know a field does not say which.
  const unserved = !result.ok && { on_chain: "way_not_served", bolt12: "invalid_body", bolt11: "", lightning_address: "" }[payee.kind] === result.problem.code;
  if (unserved) return no(`payee_${payee.kind}`);
  if (result.ok) await core.store.change("attention", (all) => all.filter((one) => one.id !== request.id));
  return result;
}

export const refundLink = (core: Core, { id, password }: In<"refund_link">): Out<"refund_link"> => core.ask((client) => client.refundLink(id, password));

export async function stateOf(core: Core): Promise<BackgroundState> {
  const [kept, run] = [await core.store.get(), await core.run()];
  const { pairing, session, cache } = kept;
  return {
    server: pairing?.server ?? null,
    rootKey: pairing?.pinned.root ?? null,
    keySetVersion: pairing?.pinned.version ?? null,
    login: session?.login ?? null,
    missing: missingOf(kept),
    unreachableSinceMs: cache.unreachableSinceMs,
    distrusted: pairing?.distrusted ?? null,
    openRegistration: cache.served?.open_registration ?? null,
    acceptsPurchases: cache.served?.accepts_purchases ?? null,
    linkable: cache.served?.linked_accounts ?? [],
    onChain: Boolean(cache.served?.on_chain),
    linked: kept.account?.linked ?? null,
    open: kept.purchases.flatMap((one) => openPurchase(one, run)),
    attention: kept.attention,
    settings: kept.settings,
  };
}

function missingOf({ pairing, session, account }: Kept): Missing | null {
  if (pairing === null) return "pairing";
  if (session === null) return "login";
  return account !== null && account.address === null ? "billing_address" : null;
}

function openPurchase(one: LocalPurchase, run: string): readonly OpenPurchase[] {
  const { view } = one;
  if (view === null || isTerminal(view)) return [];
  const tabId = one.run === run ? one.tabId : null;
  return [{ id: view.id, code: view.code, storeHost: one.store, state: view.state, bitcoin: view.bitcoin, total: one.total, tabId }];
}
