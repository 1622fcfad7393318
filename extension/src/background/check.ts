/** Our own check of a purchase's invoice: nothing is shown to be paid before it has passed. */
import type { PurchaseView, TermsView } from "../api/types.ts";
import { minorDigits } from "../money/index.ts";
import type { CheckedInvoice } from "../trust/invoice.ts";
import { checkInvoice } from "../trust/invoice.ts";
import { askedTerms, termsDescription } from "../trust/terms.ts";
import type { Core } from "./core.ts";
import { once } from "./core.ts";
import type { LocalPurchase, Pairing } from "./model.ts";
import { refreshKeySet } from "./refresh.ts";

const RETRY_MS = 2_000;

export async function checkPurchase(core: Core, local: string): Promise<void> {
  await once(core, `check ${local}`, async () => {
    const purchase = (await core.store.get()).purchases.find((one) => one.local === local);
    const view = purchase?.view;
    const bolt11 = view?.invoice?.bolt11;
    if (purchase === undefined || !view || bolt11 === undefined || bolt11 === purchase.checkedInvoice) return;
    const terms = await core.ask((client) => client.terms(view.id));
    // Not shown until it is checked.
    if (!terms.ok) {
      core.env.later(() => void checkPurchase(core, local), terms.problem.retryAfterMs ?? RETRY_MS);
      return;
    }
    let verdict = await judge(core, purchase, view, terms.value);
    if ("fault" in verdict && verdict.fault === "wrong_key" && (await refreshKeySet(core))) {
      verdict = await judge(core, purchase, view, terms.value);
    }
    if ("fault" in verdict) {
      // An invoice whose time is over before it was shown is no sign of a false server: its purchase ends by itself.
      if (verdict.fault === "expired") return;
      const { fault } = verdict;
      await core.store.changePurchase(local, (one) => ({ ...one, fault }));
      return;
    }
    const { network } = verdict.checked;
    await core.store.change("pairing", (pairing) => (pairing === null || pairing.network !== null ? pairing : { ...pairing, network }));
    await core.store.changePurchase(local, (one) => ({ ...one, checkedInvoice: bolt11 }));
  });
}

async function judge(core: Core, purchase: LocalPurchase, view: PurchaseView, terms: TermsView): Promise<{ checked: CheckedInvoice } | { fault: string }> {
  const { pairing, cache } = await core.store.get();
  if (pairing === null) return { fault: "not_paired" };
  if (pairing.distrusted !== null) return { fault: `key_set_${pairing.distrusted}` };
  return judgeInvoice(purchase, view, terms, pairing, BigInt(core.env.nowMs() + cache.aheadMs));
}

/** Pure: what this extension asked for, against what the server answers and what the invoice says. */
export function judgeInvoice(
  purchase: LocalPurchase,
  view: PurchaseView,
  termsView: TermsView,
  pairing: Pairing,
  nowMs: bigint,
): { checked: CheckedInvoice } | { fault: string } {
  const { total, id } = purchase;
  if (total === null || id === null || !view.quote || !view.invoice) return { fault: "no_quote" };
  const built = askedTerms(termsView, {
    server: pairing.server,
    purchase: id,
    store: purchase.store,
    totalMinor: total.minor,
    currency: total.currency,
    nonce: purchase.nonce,
  });
  if ("fault" in built) return built;
  const { terms } = built;
  if (purchase.claimOn !== null && terms.claimOn !== purchase.claimOn) return { fault: "terms_claim_on" };
  // What is shown as the price comes from the view: it must be what the terms say.
  const { quote } = view;
  const shown = [quote.total.minor, quote.fee.minor, quote.rate_micro, quote.spread_ppm, quote.amount_msat, quote.expires_at_ms];
  const said = [terms.totalMinor, terms.feeMinor, terms.rateMicro, terms.spreadPpm, terms.amountMsat, terms.expiresAtMs];
  const same = shown.every((n, i) => Number.isSafeInteger(n) && BigInt(n) === said[i]);
  const words = view.claim_on === terms.claimOn && quote.total.currency === terms.currency && quote.fee.currency === terms.currency;
  if (!same || !words) return { fault: "quote_differs" };
  const description = termsDescription(terms, minorDigits(terms.currency));
  if (description === null) return { fault: "terms_hash" };
  const expected = { node: terms.node, keySetNodes: pairing.nodes, network: pairing.network, amountMsat: terms.amountMsat, description };
  return checkInvoice(view.invoice.bolt11, expected, nowMs);
}
