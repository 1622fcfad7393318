/** A shopper with a fresh browser: pairs it, registers, gives an address, all on the extension's own pages. */

import type { Page } from "playwright-core";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";

export interface Shopper {
  readonly login: string;
  readonly password: string;
}

let number = 0;

export async function setUp(browser: Browser, lab: Lab, options: { readonly refunds?: boolean } = {}): Promise<Shopper> {
  number += 1;
  const shopper = { login: `ella-${String(process.pid)}-${String(number)}`, password: `a long enough one ${String(number)}` };
  const page = await browser.open("app.html#/pair");
  await page.getByLabel("Pairing code").fill(lab.about.pairing);
  await page.getByRole("button", { name: "Pair", exact: true }).click();
  await page.getByText("Paired with").waitFor();
  await register(page, lab, shopper);
  await address(page);
  if (options.refunds === true) await refunds(page, lab, shopper);
  await page.close();
  return shopper;
}

async function register(page: Page, lab: Lab, { login, password }: Shopper): Promise<void> {
  await page.goto(page.url().replace(/#.*$/u, "#/register"));
  await page.getByLabel("Login", { exact: true }).fill(login);
  await page.getByLabel("New password").fill(password);
  const invitation = page.getByLabel("Invitation");
  if (lab.about.invitation !== null) await invitation.fill(lab.about.invitation);
  await page.getByRole("button", { name: "Register", exact: true }).click();
  await page.getByText("Your recovery code").waitFor();
  const kept = page.getByLabel("I have kept it");
  if ((await kept.count()) > 0) await kept.check();
  await page.getByRole("button", { name: "Go on" }).or(page.getByRole("link", { name: "Go on" })).click();
}

async function address(page: Page): Promise<void> {
  await page.goto(page.url().replace(/#.*$/u, "#/address"));
  await page.getByLabel("Name, as on a card").fill("Ella Example");
  await page.getByLabel("Street and number").fill("1 Swing Street");
  await page.getByLabel("Town").fill("New York");
  await page.getByLabel("State or province").fill("NY");
  await page.getByLabel("Postcode").fill("10001");
  await page.getByLabel("Country").selectOption("US");
  await page.getByRole("button", { name: "Save the address" }).click();
  await page.getByText("Saved").waitFor();
}

async function refunds(page: Page, lab: Lab, { password }: Shopper): Promise<void> {
  await page.goto(page.url().replace(/#.*$/u, "#/refunds"));
  await page.getByLabel("Lightning address").fill(lab.about.payer_address);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: /Use this address|Ask for the change/u }).click();
  await page.getByText(lab.about.payer_address).first().waitFor();
}
