import { describe, expect, it } from "vitest";
import type { PageRequest } from "../../src/background/requests.ts";
import { makeBrowser } from "./browser.ts";
import { refund } from "./given.ts";
import { PAIRING, makeTill } from "./till.ts";

const ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

async function give(to: string, refusing?: string) {
  const till = makeTill();
  const told: unknown[] = [];
  till.instead = ({ path, body }) => {
    if (!path.endsWith("/destination")) return null;
    told.push(body);
    if (refusing !== undefined) return Response.json({ type: "", title: "", status: 422, detail: "", code: refusing }, { status: 422 });
    return Response.json(refund());
  };
  const browser = makeBrowser({ fetch: till.fetch });
  await browser.ask("pair", { pairing: PAIRING });
  await browser.ask("login", { login: "ella", password: "correct horse battery", deviceName: "test" });
  const answer = await browser.background.asked({ ask: "refund_destination", id: "01".repeat(16), password: "pw", to } as PageRequest);
  return { answer, told };
}

describe("where a refund goes", () => {
  it.each<[string, object]>([
    ["ada@wallet.example", { lightning_address: "ada@wallet.example" }],
    [`bitcoin:${ADDRESS}`, { address: ADDRESS }],
    ["LNO1PQPS7SJ", { bolt12: "lno1pqps7sj" }],
  ])("%s is told to the server by what it is", async (to, field) => {
    const { answer, told } = await give(to);
    expect(told).toEqual([{ ...field, password: "pw" }]);
    expect(answer).toMatchObject({ ok: true });
  });

  it("what is mistyped is told to nobody", async () => {
    const { answer, told } = await give(`${ADDRESS}q`);
    expect(answer).toMatchObject({ ok: false, trouble: { code: "payee_typo" } });
    expect(told).toEqual([]);
  });

  it.each([
    [ADDRESS, "way_not_served", "payee_on_chain"],
    ["lno1pqps7sj", "invalid_body", "payee_bolt12"],
    ["lno1pqps7sj", "wrong_password", "wrong_password"],
    ["ada@wallet.example", "invalid_body", "invalid_body"],
  ])("%s refused with %s: %s", async (to, refusing, code) => expect((await give(to, refusing)).answer).toMatchObject({ ok: false, trouble: { code } }));
});
