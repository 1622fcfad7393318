/** What a shopper does from the pill to the end, in the panel's own words. */

import type { Page } from "playwright-core";
import type { Lab } from "./lab.ts";
import { panelOf, type Panel } from "./panel.ts";

export const PANEL = /^Anytill/u;

/** Presses the pill. */
export async function openPanel(page: Page): Promise<Panel> {
  const pill = await panelOf(page, null);
  await pill.press("button", /BTC|Bitcoin|Purchase under way|Needs your attention/u);
  const panel = await panelOf(page, PANEL);
  await panel.says(/\S/u);
  return panel;
}

/** Asks for the price and reads the invoice off the panel, as a wallet reads it off the code. */
export async function quote(panel: Panel): Promise<string> {
  await panel.press("button", "Get the exact price");
  return invoice(panel);
}

export async function invoice(panel: Panel): Promise<string> {
  await panel.says("Pay with a Lightning wallet");
  const link = await panel.href("Open in wallet");
  const bolt11 = /^lightning:(ln\w+)$/iu.exec(link)?.[1];
  if (bolt11 === undefined) throw new Error(`no invoice in ${link}`);
  return bolt11.toLowerCase();
}

/** The shopper's wallet pays; it is done when the HTLC is out. */
export async function pay(lab: Lab, bolt11: string): Promise<string> {
  const { payment_hash: hash } = (await lab.post("/wallet/pay", { bolt11 })) as { payment_hash: string };
  return hash;
}

export async function paidState(lab: Lab, hash: string): Promise<string> {
  return ((await lab.get(`/wallet/paid/${hash}`)) as { state: string }).state;
}

/** What the shopper's wallet has once nothing of it is on its way any more. */
export async function balanceMsat(lab: Lab): Promise<number> {
  const end = Date.now() + REST_MS_MAX;
  for (;;) {
    const wallet = (await lab.get("/wallet")) as { balance_msat: number; at_rest: boolean };
    if (wallet.at_rest) return wallet.balance_msat;
    if (Date.now() > end) throw new Error("the wallet does not come to rest");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const REST_MS_MAX = 30_000;
const LOOK_MS = 100;
