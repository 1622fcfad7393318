import { charged, done, ended, waitsForOperator } from "./after.ts";
import { confirmTotal, noCheckout, notServed, offer, offerCardFirst, setup, totalChanged } from "./before.ts";
import { challenge } from "./challenge.ts";
import { confirmFunds, fundsComing, secondFactor } from "./funds.ts";
import { payOnChain } from "./onchain.ts";
import { giftReady, payingVendor } from "./gift.ts";
import { cardReady, goToReview, held, pay, untrusted, working } from "./during.ts";
import type { Drawing } from "./parts.ts";
import { fetched } from "./ways.ts";

/** Each stage as it is shown. A stage without a drawing does not compile. */
export function drawStage(d: Drawing): Node[] {
  const { stage } = d.view;
  switch (stage.kind) {
    case "setup":
      return setup(d, stage);
    case "no_checkout":
      return noCheckout(d);
    case "confirm_total":
      return confirmTotal(d, stage);
    case "not_served":
      return notServed(d, stage);
    case "offer":
      return offer(d, stage);
    case "offer_card_first":
      return offerCardFirst(d, stage);
    case "working":
      return working(d, stage);
    case "untrusted":
      return untrusted(d, stage);
    case "pay":
      return pay(d, stage);
    case "fetched":
      return fetched(d, stage);
    case "confirm_funds":
      return confirmFunds(d, stage);
    case "second_factor":
      return secondFactor(d, stage);
    case "funds_coming":
      return fundsComing(d, stage);
    case "pay_chain":
      return payOnChain(d, stage);
    case "held":
      return held(d, stage);
    case "challenge":
      return challenge(d, stage);
    case "total_changed":
      return totalChanged(d, stage);
    case "card_ready":
      return cardReady(d, stage);
    case "go_to_review":
      return goToReview(d, stage);
    case "paying_vendor":
      return payingVendor(d, stage);
    case "gift_ready":
      return giftReady(d, stage);
    case "charged":
      return charged(d, stage);
    case "done":
      return done(d, stage);
    case "ended":
      return ended(d, stage);
    case "waits_for_operator":
      return waitsForOperator(d, stage);
  }
}
