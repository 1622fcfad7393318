/** Our own check of a purchase's invoice: nothing is shown to be paid before it has passed. */
import type { PurchaseView, TermsView } from "../api/types.ts";
import { minorDigits } from "../money/index.ts";
import type { CheckedInvoice } from "../trust/invoice.ts";
import { checkInvoice } from "../trust/invoice.ts";
import type { Terms } from "../trust/terms.ts";
import { askedTerms, termsDescription } from "../trust/terms.ts";
import type { Core } from "./core.ts";
import { once } from "./core.ts";
import type { LocalPurchase, Pairing } from "./model.ts";
import { partsHold } from "./price.ts";
import { refreshKeySet } from "./refresh.ts";

const RETRY_MS = 2_000;

export async function checkPurchase(core: Core, local: string): Promise<void> {
  await once(core, `check ${local}`, async () => {
    const purchase = (await core.store.get()).purchases.find((one) => one.local === local);
    const view = purchase?.view;
    if (purchase === undefined || !view || isChecked(purchase, view)) return;
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
    const { checked } = verdict;
    if ("termsHash" in checked) {
      await core.store.changePurchase(local, (one) => ({ ...one, checkedTerms: checked.termsHash }));
      return;
    }
    await core.store.change("pairing", (pairing) => (pairing === null || pairing.network !== null ? pairing : { ...pairing, network: checked.network }));
    await core.store.changePurchase(local, (one) => ({ ...one, checkedInvoice: view.invoice?.bolt11 ?? null }));
  });
}

/** Done already, or there is nothing yet that could be. */
function isChecked(purchase: LocalPurchase, view: PurchaseView): boolean {
  const bolt11 = view.invoice?.bolt11;
  if (bolt11 !== undefined) return bolt11 === purchase.checkedInvoice;
  return !view.funds || !view.terms_hash || view.terms_hash === purchase.checkedTerms;
}

async function judge(core: Core, purchase: LocalPurchase, view: PurchaseView, terms: TermsView): Promise<{ checked: CheckedInvoice | CheckedTerms } | { fault: string }> {
  const { pairing, cache } = await core.store.get();
  if (pairing === null) return { fault: "not_paired" };
  if (pairing.distrusted !== null) return { fault: `key_set_${pairing.distrusted}` };
  if (view.funds) return judgeTerms(purchase, view, terms, pairing);
  return judgeInvoice(purchase, view, terms, pairing, BigInt(core.env.nowMs() + cache.aheadMs));
}

export interface CheckedTerms {
  readonly termsHash: string;
}

/** Pure: of a quote that is paid first there is no invoice; its terms are held to what was asked for all the same. */
export function judgeTerms(purchase: LocalPurchase, view: PurchaseView, termsView: TermsView, pairing: Pairing): { checked: CheckedTerms } | { fault: string } {
  const judged = judgeQuote(purchase, view, termsView, pairing);
  if ("fault" in judged) return judged;
  if (purchase.from !== view.funds?.source) return { fault: "quote_differs" };
  if (!pairing.nodes.includes(judged.terms.node)) return { fault: "wrong_key" };
  if (view.terms_hash !== termsView.terms_hash || view.funds?.amount_msat !== view.quote?.amount_msat) return { fault: "quote_differs" };
  return { checked: { termsHash: termsView.terms_hash } };
}

/** Pure: what this extension asked for, against what the server answers and what the invoice says. */
export function judgeInvoice(
  purchase: LocalPurchase,
  view: PurchaseView,
  termsView: TermsView,
  pairing: Pairing,
  nowMs: bigint,
): { checked: CheckedInvoice } | { fault: string } {
  if (!view.invoice) return { fault: "no_quote" };
  const judged = judgeQuote(purchase, view, termsView, pairing);
  if ("fault" in judged) return judged;
  const { terms } = judged;
  const description = termsDescription(terms, minorDigits(terms.currency));
  if (description === null) return { fault: "terms_hash" };
  const expected = { node: terms.node, keySetNodes: pairing.nodes, network: pairing.network, amountMsat: terms.amountMsat, description };
  return checkInvoice(view.invoice.bolt11, expected, nowMs);
}

function judgeQuote(purchase: LocalPurchase, view: PurchaseView, termsView: TermsView, pairing: Pairing): { terms: Terms } | { fault: string } {
  const { total, id } = purchase;
  if (total === null || id === null || !view.quote) return { fault: "no_quote" };
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
  if (!same || !words || !partsHold(quote)) return { fault: "quote_differs" };
  return { terms };
}
