/**
 * What happens later, when no store's page is open: a charge, a refund, a destination that is missing. Looked for on a
 * timer; shown as a number on the button and, if the shopper allowed it, as a notification of the browser.
 */
import type { DestinationSetting, PurchaseView, RefundView } from "../api/types.ts";
import type { Core } from "./core.ts";
import type { Watched } from "./model.ts";
import type { Attention } from "./requests.ts";
import { notice } from "./notices.ts";

export const WATCH_EVERY_MIN = 15;
const ATTENTION_MAX = 50;
const REMEMBERED_MAX = 300;

export async function watch(core: Core): Promise<void> {
  if ((await core.store.get()).session === null) return;
  const purchases = await core.ask((client) => client.purchases(null));
  const refunds = await core.ask((client) => client.refunds(null));
  const destination = await core.ask((client) => client.destination());
  if (!purchases.ok || !refunds.ok || !destination.ok) return;
  const before = await core.store.get();
  const nowMs = core.env.nowMs();
  const seen = whatIsNew(before.watched, purchases.value.purchases, refunds.value.refunds, destination.value, nowMs);
  await core.store.change("watched", () => seen.watched);
  const open = new Set(before.purchases.filter((one) => core.pages.get(one.tabId)?.open === true).map((one) => one.id));
  const fresh = seen.fresh.filter((one) => !((one.kind === "charged" || one.kind === "code_ready") && open.has(one.id)));
  const { attention, settings } = await core.store.change("attention", (all) => {
    // A missing destination that was given meanwhile calls for nothing any more.
    const still = all.filter((one) => !one.kind.startsWith("refund_destination") || seen.missing.has(one.id));
    const added = fresh.filter((one) => !still.some((other) => other.kind === one.kind && other.id === one.id));
    return [...still, ...added].slice(-ATTENTION_MAX);
  });
  await core.env.badge(attention.length === 0 ? "" : String(attention.length));
  if (!settings.notifications) return;
  for (const one of fresh) await core.env.notify(`${one.kind} ${one.id}`, notice(one.kind, settings.language === "auto" ? core.env.language() : settings.language));
}

export interface News {
  readonly watched: Watched;
  readonly fresh: readonly Attention[];
  /** Refunds that wait for the shopper's word. */
  readonly missing: ReadonlySet<string>;
}

/** Pure. The first look after a log-in calls for what is missing, not for what is long over. */
export function whatIsNew(
  before: Watched | null,
  purchases: readonly PurchaseView[],
  refunds: readonly RefundView[],
  destination: DestinationSetting,
  nowMs: number,
): News {
  const fresh: Attention[] = [];
  const missing = new Set<string>();
  const add = (kind: Attention["kind"], id: string): void => void fresh.push({ kind, id, atMs: nowMs });
  for (const refund of refunds) {
    const was = before?.refunds[refund.id];
    const now = refundWord(refund);
    if (now === "awaiting_destination" || now === "refused") missing.add(refund.id);
    if (was === now) continue;
    if (now === "awaiting_destination") add("refund_destination_missing", refund.id);
    else if (now === "refused") add("refund_destination_refused", refund.id);
    else if (now === "paid" && before !== null) add("refund_paid", refund.id);
  }
  for (const purchase of purchases) {
    const was = before?.purchases[purchase.id];
    const now = purchaseWord(purchase);
    if (before === null || was === now) continue;
    if (now === "charged") add("charged", purchase.id);
    else if (now === "delivered") add("code_ready", purchase.id);
  }
  const waiting = destination.waiting?.lightning_address ?? null;
  if (waiting !== null && waiting !== (before?.destinationWaiting ?? null)) add("destination_changing", waiting);
  return {
    watched: {
      refunds: remembered(before?.refunds, refunds.map((refund) => [refund.id, refundWord(refund)])),
      purchases: remembered(before?.purchases, purchases.map((purchase) => [purchase.id, purchaseWord(purchase)])),
      destinationWaiting: waiting,
    },
    fresh,
    missing,
  };
}

const refundWord = (refund: RefundView): string =>
  refund.destination_refused && refund.state !== "paid" && refund.state !== "cancelled" ? "refused" : refund.state;

/** A gift card is not charged: its code is there, or is not. */
const purchaseWord = (purchase: PurchaseView): string =>
  purchase.flow === "gift_card" ? (purchase.gift_card?.delivered === true ? "delivered" : "begun") : cardWord(purchase);
const cardWord = (purchase: PurchaseView): string => (purchase.captured_minor > 0 || purchase.charges.some(isCharge) ? "charged" : "begun");
const isCharge = (charge: PurchaseView["charges"][number]): boolean => !charge.zero_check && (charge.decision === "approved" || charge.decision === "stand_in");

function remembered(before: Readonly<Record<string, string>> | undefined, now: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  const all = new Map([...Object.entries(before ?? {}).filter(([id]) => !now.some(([other]) => other === id)), ...now]);
  return Object.fromEntries([...all].slice(-REMEMBERED_MAX));
}
