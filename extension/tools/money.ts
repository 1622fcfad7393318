/** `npm run money`: printed amounts to minor units, one text a line in, one JSON object a line out. */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { isCurrency, readMoney } from "../src/money/index.ts";
import type { MoneyContext } from "../src/types/money.ts";

const HELP = `Reads printed amounts: one text per line on standard input, one JSON object per line on standard output.

  npm --prefix extension run --silent money -- --locale de-DE [--currency EUR] [--host www.example.de] < texts

  --locale TAG      language of the page, BCP 47 (de-DE, en-US, ja): decides 1.234 and shared symbols such as $ or kr
  --currency CODE   ISO 4217, what the page's data says; a text that says another currency wins
  --host HOST       the page's host: amazon.com.au decides what $ means there
  --help            this text

  {"minor":123456,"currency":"EUR"}   the amount in ISO 4217 minor units
  {"unsure":"reason"}                 no_amount, no_currency, ambiguous_currency, ambiguous_number, several_amounts,
                                      malformed (no price, or a sum left open), out_of_range (below zero, too large)

Example:  printf '1.234,56 €\\n' | npm --prefix extension run --silent money -- --locale de-DE
`;

function fail(message: string): never {
  process.stderr.write(`money: ${message}\nSee --help.\n`);
  process.exit(2);
}

function options(): MoneyContext {
  const parse = () => {
    try {
      return parseArgs({
        options: { locale: { type: "string" }, currency: { type: "string" }, host: { type: "string" }, help: { type: "boolean", short: "h" } },
        strict: true,
        allowPositionals: false,
      }).values;
    } catch (error) {
      return fail(error instanceof Error ? error.message : String(error));
    }
  };
  const { locale, currency, host, help } = parse();
  if (help === true) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  if (locale !== undefined) {
    try {
      new Intl.Locale(locale.replace(/_/gu, "-"));
    } catch {
      fail(`--locale ${locale}: not a language tag such as de-DE`);
    }
  }
  const code = currency?.toUpperCase();
  if (code !== undefined && !isCurrency(code)) fail(`--currency ${code}: not an ISO 4217 code in use`);
  return { locale, host, currency: code };
}

const context = options();
let out = "";
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const read = readMoney(line, context);
  out += JSON.stringify("money" in read ? read.money : read) + "\n";
  if (out.length > 65_536) {
    process.stdout.write(out);
    out = "";
  }
}
process.stdout.write(out);
