/** The check of the table of wallets: what may not stand in `wallets/wallets.json`, in words. Strict: a key that is not known is a fault. */
import { CLTV_80, CUSTODY, FUND_BY, HELD, MEASURED, NOTICES, PLATFORMS, RETURNED, SCANS, TOLD } from "../src/types/wallet.ts";

type Check = (value: unknown) => string | null;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const count = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const text: Check = (value) => (typeof value === "string" && value.trim() !== "" && value.length <= 300 ? null : "is no text");
const number: Check = (value) => (count(value) && value > 0 ? null : "is no whole number above zero");
const one = (list: readonly string[]): Check => (value) => (typeof value === "string" && list.includes(value) ? null : `is none of ${list.join(", ")}`);
const some = (list: readonly string[]): Check => (value) =>
  Array.isArray(value) && value.length > 0 && new Set(value).size === value.length && value.every((item) => one(list)(item) === null) ? null : `is no list of ${list.join(", ")}`;
const fee: Check = (value) =>
  isObject(value) && Object.keys(value).sort().join() === "base_sat,ppm" && count(value["base_sat"]) && count(value["ppm"]) && value["ppm"] < 1_000_000 ? null : "is no fee";

const https: Check = (value) => {
  try {
    return typeof value === "string" && new URL(value).protocol === "https:" ? null : "is no https address";
  } catch {
    return "is no https address";
  }
};

const day = (today: string): Check => (value) => {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return "is no date";
  const at = Date.parse(`${value}T00:00:00Z`);
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== value) return "is no date";
  return value > today ? "is in the future" : null;
};

const FACTS: Readonly<Record<string, Check>> = {
  home: https, platform: some(PLATFORMS), custody: one(CUSTODY), scans: some(SCANS), held: one(HELD), held_words: text,
  returned: one(RETURNED), returned_words: text, cltv_80: one(CLTV_80), cltv_limit_blocks: number, fund_by: some(FUND_BY),
  fund_confirmations: number, send_fee: fee,
};
const KEYS = ["id", "name", ...Object.keys(FACTS), "told"];
const OPTIONAL = ["gone_since", "instead", "notices"];

function keyFaults(where: string, value: Record<string, unknown>, needed: readonly string[], optional: readonly string[]): string[] {
  return [
    ...needed.filter((key) => !Object.hasOwn(value, key)).map((key) => `${where}: ${key} is missing`),
    ...Object.keys(value).filter((key) => !needed.includes(key) && !optional.includes(key)).map((key) => `${where}: ${key} is not known`),
  ];
}

function sourcedFaults(where: string, value: unknown, check: Check, today: string): string[] {
  if (!isObject(value)) return [`${where} is neither a fact with its source nor "unknown"`];
  const measured = value["source"] === MEASURED;
  const said = (key: string, fault: string | null): string[] => (fault === null ? [] : [`${where}: ${key} ${fault}`]);
  return [
    ...keyFaults(where, value, ["value", "source", "date", ...(measured ? ["version"] : [])], measured ? [] : ["undated"]),
    ...said("value", check(value["value"])), ...(measured ? said("version", text(value["version"])) : said("source", https(value["source"]))), ...said("date", day(today)(value["date"])),
    ...said("undated", value["undated"] === undefined || value["undated"] === true ? null : "is not true"),
  ];
}

/** What is said must fit what is known: nobody is told to wait for what no source says. */
function toldFaults(where: string, wallet: Record<string, unknown>): string[] {
  const fault = some(TOLD)(wallet["told"]);
  if (fault !== null) return [`${where}: told ${fault}`];
  const told = wallet["told"] as readonly string[];
  const held = isObject(wallet["held"]) ? wallet["held"]["value"] : undefined;
  const returned = isObject(wallet["returned"]) ? wallet["returned"]["value"] : undefined;
  const fits: Readonly<Record<string, boolean>> = {
    gone: wallet["gone_since"] !== undefined, wait_pending: held === "pending" || held === "under_way", not_failed: held === "looks_failed",
    spinner: held === "spinner", sheet_closes: held === "sheet_closes", swap_refund: returned === "refund_later", take_refund: returned === "asks_to_refund", unknown: held === undefined,
    lightning_unconfirmed: held === undefined && wallet["scans"] === "unknown", history_wrong: held !== undefined,
  };
  const wrong = told.filter((code) => fits[code] !== true).map((code) => `${where}: told ${code} does not fit what is known`);
  return (wallet["gone_since"] !== undefined) === told.includes("gone") ? wrong : [...wrong, `${where}: gone, but told something else`];
}

function walletFaults(wallet: Record<string, unknown>, where: string, living: ReadonlySet<unknown>, today: string): string[] {
  const facts = Object.entries(FACTS).filter(([key]) => Object.hasOwn(wallet, key) && wallet[key] !== "unknown");
  const gone = wallet["gone_since"] !== undefined;
  const notices: unknown = wallet["notices"] ?? [];
  return [
    ...keyFaults(where, wallet, KEYS, OPTIONAL),
    ...(typeof wallet["id"] === "string" && /^[a-z][a-z_]*$/.test(wallet["id"]) ? [] : [`${where}: id is no identifier`]),
    ...(text(wallet["name"]) === null ? [] : [`${where}: name is no text`]),
    ...facts.flatMap(([key, check]) => sourcedFaults(`${where}.${key}`, wallet[key], check, today)),
    ...(gone ? sourcedFaults(`${where}.gone_since`, wallet["gone_since"], day(today), today) : []),
    ...(gone === (wallet["instead"] !== undefined) ? [] : [`${where}: gone_since and instead go together`]),
    ...(wallet["instead"] === undefined || living.has(wallet["instead"]) ? [] : [`${where}: instead is no wallet of the table that is not gone`]),
    ...(Array.isArray(notices) ? notices.flatMap((notice: unknown, n) => sourcedFaults(`${where}.notices[${n}]`, notice, one(NOTICES), today)) : [`${where}: notices is no list`]),
    ...toldFaults(where, wallet),
  ];
}

/** `today`: ISO 8601, a day. */
export function tableFaults(table: unknown, today: string): readonly string[] {
  if (!isObject(table) || !Array.isArray(table["wallets"])) return ["this is no table of wallets"];
  const rows: readonly unknown[] = table["wallets"];
  const wallets = rows.filter(isObject);
  const ids = wallets.map(({ id }) => id);
  const living = new Set(wallets.filter(({ gone_since }) => gone_since === undefined).map(({ id }) => id));
  return [
    ...keyFaults("table", table, ["wallets"], []),
    ...(wallets.length === rows.length ? [] : ["a row is no wallet"]),
    ...(new Set(ids).size === ids.length ? [] : ["two wallets have the same id"]),
    ...wallets.flatMap((wallet, n) => walletFaults(wallet, typeof wallet["id"] === "string" ? wallet["id"] : `row ${n}`, living, today)),
  ];
}
