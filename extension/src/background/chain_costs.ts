/** What the chain costs at the moment, as the paired server estimates it. Asked for when a page shows it, and kept nowhere. */
import type { ChainFees } from "../api/types.ts";
import type { Result } from "../api/client.ts";
import type { Core } from "./core.ts";
import { ours } from "./core.ts";
import { shopperRate } from "./currency.ts";
import type { ChainCosts } from "./requests.ts";

export async function chainCosts(core: Core, { language }: { readonly language: string }): Promise<Result<ChainCosts>> {
  const answer = await core.ask((client) => client.chainFees());
  if (!answer.ok) return answer;
  if (!isEstimate(answer.value)) return { ok: false, problem: ours("answer_malformed") };
  const { account, cache } = await core.store.get();
  return { ok: true, value: { fees: answer.value, rate: shopperRate(account?.address?.country ?? null, language, cache.rates) } };
}

const isCount = (value: unknown): boolean => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/** Figures to reckon with, or none of them. */
function isEstimate({ rates, estimated_at_ms: at, age_ms: age, refund_fee_sat: fee }: ChainFees): boolean {
  return Array.isArray(rates) && rates.every((rate) => isCount(rate.blocks) && isCount(rate.sat_per_kvb)) && (rates.length === 0 || (isCount(at) && isCount(age))) && (fee === null || fee === undefined || isCount(fee));
}
