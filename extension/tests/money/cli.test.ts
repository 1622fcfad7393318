import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
function money(args: readonly string[], input: string): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "tools/money.ts", ...args], { cwd: root, input, encoding: "utf8", timeout: 60_000 });
  return { status, out: stdout, err: stderr };
}

it("answers each line with one line of JSON", { timeout: 120_000 }, () => {
  const { status, out } = money(["--locale", "de-DE"], "1.234,56 €\n\n1.234\r\nUS $1,334.99");
  expect(status).toBe(0);
  expect(out).toBe('{"minor":123456,"currency":"EUR"}\n{"unsure":"no_amount"}\n{"unsure":"no_currency"}\n{"minor":133499,"currency":"USD"}\n');
});

it("takes hints of currency and host", { timeout: 120_000 }, () => {
  expect(money(["--locale", "en-US", "--currency", "usd"], "27.11\n").out).toBe('{"minor":2711,"currency":"USD"}\n');
  expect(money(["--locale", "en", "--host", "www.amazon.com.au"], "$5\n").out).toBe('{"minor":500,"currency":"AUD"}\n');
});

it("keeps order over thousands of lines", { timeout: 120_000 }, () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `$${String(i)}.50`);
  const { out } = money(["--locale", "en-US"], lines.join("\n") + "\n");
  expect(out.trim().split("\n").map((line) => (JSON.parse(line) as { minor: number }).minor)).toEqual(lines.map((_, i) => i * 100 + 50));
});

it("says what is wrong with its flags, and teaches", { timeout: 120_000 }, () => {
  for (const [args, word] of [[["--lokale", "de"], "--lokale"], [["--currency", "XYZ"], "XYZ"], [["--locale", "!"], "--locale !"], [["text"], "text"]] as const) {
    const { status, err, out } = money(args, "");
    expect([status, out]).toEqual([2, ""]);
    expect(err).toContain(word);
    expect(err).toContain("--help");
  }
  expect(money(["--help"], "").out).toContain("--currency CODE");
});
