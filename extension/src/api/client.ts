/**
 * The server's calls, by name. What changes something takes the key of the wish, which its caller has stored before: the
 * same wish sent again after a lost answer, or after a restart, is done once.
 */
import type { Call, Outside, Problem, Result } from "./transport.ts";
import { send } from "./transport.ts";
import type {
  Address,
  ChainFees,
  DestinationSetting,
  DeviceView,
  GiftCards,
  GiveDestination,
  LinkBegun,
  Links,
  NewPurchase,
  NewQuote,
  PurchaseList,
  PurchaseView,
  Rates,
  Receipt,
  RecoveredView,
  RefundList,
  RefundView,
  Revealed,
  Served,
  SessionView,
  SetDestination,
  SignedKeySet,
  SignedRecipes,
  TermsView,
  WalletBegun,
  WalletSession,
  WithdrawLink,
} from "./types.ts";

export type { Problem, Result };

export interface Registration {
  readonly login: string;
  readonly password: string;
  readonly device_name: string;
  readonly invitation: string | null;
}

export type Client = ReturnType<typeof makeClient>;

/** A password is checked slowly on purpose, and a reveal under `claim_on: reveal` waits for the claim. */
const SLOW_MS = 30_000;
const PAGE = 50;

export function makeClient(outside: Outside, server: string, token: string | null) {
  const call = async <T>(fields: Call): Promise<Result<T>> => (await send(outside, server, token, fields)) as Result<T>;
  const get = <T>(path: string): Promise<Result<T>> => call<T>({ method: "GET", path, repeatable: true });
  const wish = <T>(method: "POST" | "PUT" | "DELETE", path: string, idempotencyKey: string, body?: unknown): Promise<Result<T>> =>
    call<T>({ method, path, idempotencyKey, repeatable: true, ...(body === undefined ? {} : { body }) });
  /** Not repeated: each is a new one, and what was done is not remembered. */
  const tell = <T>(path: string, body: unknown): Promise<Result<T>> =>
    call<T>({ method: "POST", path, body, repeatable: false, timeoutMs: SLOW_MS });
  const of = (id: string): string => `/v1/purchases/${encodeURIComponent(id)}`;
  const page = (path: string, beforeMs: number | null): string => `${path}?limit=${PAGE}${beforeMs === null ? "" : `&before_ms=${beforeMs}`}`;

  return {
    served: () => get<Served>("/v1/served"),
    rates: () => get<Rates>("/v1/rates"),
    chainFees: () => get<ChainFees>("/v1/chain-fees"),
    keySet: () => get<SignedKeySet>("/v1/keyset"),
    recipes: () => get<SignedRecipes>("/v1/recipes"),

    register: (body: Registration) => tell<SessionView>("/v1/register", body),
    login: (body: { readonly login: string; readonly password: string; readonly device_name: string }) => tell<SessionView>("/v1/login", body),
    walletBegin: (action: "register" | "login") => tell<WalletBegun>("/v1/wallet-login", { action }),
    walletFinish: (body: { readonly session: string; readonly device_name: string; readonly invitation: string | null }) => tell<WalletSession>("/v1/wallet-login/finish", body),
    logout: () => tell<null>("/v1/logout", undefined),
    recover: (body: { readonly login: string; readonly recovery_code: string; readonly new_password: string }) =>
      tell<RecoveredView>("/v1/recover", body),
    recoveryCode: (password: string) => tell<{ recovery_code: string }>("/v1/account/recovery-code", { password }),

    address: () => get<Address>("/v1/account/billing-address"),
    putAddress: (key: string, body: Address) => wish<Address>("PUT", "/v1/account/billing-address", key, body),
    destination: () => get<DestinationSetting>("/v1/account/refund-destination"),
    putDestination: (key: string, body: SetDestination) => wish<DestinationSetting>("PUT", "/v1/account/refund-destination", key, body),
    callOffDestination: (key: string) => wish<DestinationSetting>("DELETE", "/v1/account/refund-destination/waiting", key),
    linked: () => get<Links>("/v1/account/linked"),
    link: (key: string, provider: string) => wish<LinkBegun>("POST", `/v1/account/linked/${encodeURIComponent(provider)}`, key),
    unlink: (key: string, provider: string) => wish<null>("DELETE", `/v1/account/linked/${encodeURIComponent(provider)}`, key),
    devices: () => get<{ readonly devices: readonly DeviceView[] }>("/v1/devices"),
    endDevice: (key: string, id: string) => wish<null>("DELETE", `/v1/devices/${encodeURIComponent(id)}`, key),

    purchases: (beforeMs: number | null) => get<PurchaseList>(page("/v1/purchases", beforeMs)),
    purchase: (id: string) => get<PurchaseView>(of(id)),
    terms: (id: string) => get<TermsView>(`${of(id)}/terms`),
    receipt: (id: string) => get<Receipt>(`${of(id)}/receipt`),
    giftCards: (store: string, country: string | null) =>
      get<GiftCards>(`/v1/gift-cards?store_host=${encodeURIComponent(store)}${country === null ? "" : `&country=${encodeURIComponent(country)}`}`),
    begin: (key: string, body: NewPurchase) => wish<PurchaseView>("POST", "/v1/purchases", key, body),
    quote: (key: string, id: string, body: NewQuote) => wish<PurchaseView>("POST", `${of(id)}/quote`, key, body),
    answerChallenge: (key: string, id: string, answer: "approve" | "reject") => wish<PurchaseView>("POST", `${of(id)}/challenge`, key, { answer }),
    confirmFunds: (key: string, id: string) => wish<PurchaseView>("POST", `${of(id)}/confirm-funds`, key),
    /** Not repeated: whether a code that was sent once is still good, nobody knows. */
    secondFactor: (key: string, id: string, code: string) =>
      call<PurchaseView>({ method: "POST", path: `${of(id)}/second-factor`, idempotencyKey: key, repeatable: false, timeoutMs: SLOW_MS, body: { code } }),
    showInvoice: (key: string, id: string) => wish<PurchaseView>("POST", `${of(id)}/invoice`, key),
    cancel: (key: string, id: string) => wish<PurchaseView>("POST", `${of(id)}/cancel`, key),
    reveal: (id: string, body: { readonly public_key: string; readonly password?: string }) => tell<Revealed>(`${of(id)}/reveal`, body),
    refunds: (beforeMs: number | null) => get<RefundList>(page("/v1/refunds", beforeMs)),
    /** Each call makes another link, and ends the one before. */
    refundLink: (id: string, password: string) => tell<WithdrawLink>(`/v1/refunds/${encodeURIComponent(id)}/link`, { password }),
    giveDestination: (key: string, id: string, body: GiveDestination) =>
      wish<RefundView>("POST", `/v1/refunds/${encodeURIComponent(id)}/destination`, key, body),
  };
}

/** A key for one wish: 128 random bits, hex. Also used as a nonce. */
export function random128(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
