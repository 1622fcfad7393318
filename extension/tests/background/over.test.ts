import { describe, expect, it } from "vitest";
import { isOver } from "../../src/background/model.ts";
import type { PurchaseView, RefundView } from "../../src/api/types.ts";

/** As much of a view as the question needs. */
function ended(more: Partial<PurchaseView>): PurchaseView {
  const quote = { total: { minor: 2711, currency: "USD" } } as NonNullable<PurchaseView["quote"]>;
  return { state: "completed", bitcoin: "claimed", captured_minor: 2711, refunds: [], quote, ...more } as PurchaseView;
}

const refund = (state: RefundView["state"]): RefundView => ({ state }) as RefundView;

describe("a purchase is followed until nothing is owed any more", () => {
  const rows: readonly (readonly [what: string, view: PurchaseView, over: boolean])[] = [
    ["captured in full", ended({}), true],
    ["captured with a tax that rose", ended({ captured_minor: 2718 }), true],
    ["voided, and what is owed not yet listed", ended({ captured_minor: 0 }), false],
    ["captured in part, the refund being prepared", ended({ captured_minor: 2000, refunds: [refund("preparing")] }), false],
    ["captured in part, without a destination", ended({ captured_minor: 2000, refunds: [refund("awaiting_destination")] }), false],
    ["captured in part and paid back", ended({ captured_minor: 2000, refunds: [refund("paid")] }), true],
    ["a store's refund on its way", ended({ refunds: [refund("paid"), refund("sending")] }), false],
    ["never claimed", ended({ state: "returned", bitcoin: "returned", captured_minor: 0 }), true],
    ["expired unpaid", ended({ state: "expired", bitcoin: "unpaid", captured_minor: 0 }), true],
    ["paid twice, one of it owed", ended({ state: "returned", bitcoin: "returned", captured_minor: 0, refunds: [refund("sending")] }), false],
    ["not ended", ended({ state: "funded" }), false],
  ];
  for (const [what, view, over] of rows) {
    it(what, () => {
      expect(isOver(view)).toBe(over);
    });
  }
});
