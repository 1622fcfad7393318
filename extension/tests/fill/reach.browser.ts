/** Which fields are filled, in a browser's own layout: none that the shopper cannot see. */
import { build } from "esbuild";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const CODE = `import { read, find } from "./src/detect/index.ts"; import { reachable } from "./src/fill/reach.ts"; import { hasLayout, seen } from "./src/detect/layout.ts";
globalThis.placesToFill = () => { if (!hasLayout(document)) throw new Error("no layout"); const { fields, rival, frames } = read(document, "https://shop.example/checkout", [], { visible: seen, fillable: reachable });
return { rival: rival === true, frames: frames.length, ids: Object.values(fields).flat().map((place) => find(document, place).id).sort() }; };`;

let browser: Browser;
let page: Page;
let script: string;
beforeAll(async () => {
  const made = await build({ stdin: { contents: CODE, resolveDir: ROOT, loader: "ts" }, bundle: true, format: "iife", write: false, target: "es2022" });
  script = made.outputFiles[0]?.text ?? "";
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--headless=new", "--disable-gpu"] });
  page = await browser.newPage({ viewport: { width: 900, height: 600 } });
});
afterAll(() => browser.close());

const form = (p = ""): string =>
  [["n", "Card number"], ["e", "Expiry date (MM/YY)"], ["c", "Security code"], ["h", "Name on card"]].map(([id, label]) => `<p><label for="${p}${id}">${label}</label><input id="${p}${id}"></p>`).join("");
const trap = `<label for="tn">Card number</label><input id="tn" name="card_number_1"><label for="tc">CVV</label><input id="tc" name="cvv_1">`;
const ALL = ["c", "e", "h", "n"];

async function fills(body: string, css = ""): Promise<{ rival: boolean; frames: number; ids: readonly string[] }> {
  await page.setContent(`<!doctype html><html lang="en"><style>${css}</style><body><h1>Checkout</h1>${body}<table><tr><td>Order total</td><td>US $27.11</td></tr></table><button>Place order</button></body></html>`);
  await page.evaluate(script);
  return page.evaluate(() => (globalThis as unknown as { placesToFill(): { rival: boolean; frames: number; ids: string[] } }).placesToFill());
}

describe("a trap before the form is not filled, the form is", () => {
  it.each([
    ["no height", ".a{height:0;overflow:hidden}"],
    ["no height to grow to", ".a{max-height:0;overflow:hidden}"],
    ["cut by clip", ".a{clip:rect(0 0 0 0);position:absolute;width:1px;height:1px;overflow:hidden;white-space:nowrap}"],
    ["cut by a path", ".a{clip-path:inset(50%);position:absolute;width:1px;height:1px;overflow:hidden}"],
    ["cut by a path, at full size", ".a{clip-path:inset(100%)}"],
    ["faint", ".a{position:fixed;top:0;left:0;z-index:-5;opacity:.01}"],
    ["faint by two", ".a{opacity:.2}.a input{opacity:.2}"],
    ["indented away", ".a{text-indent:-9999px;overflow:hidden;height:1px}"],
    ["far to the left", ".a{position:absolute;left:-9999px}"],
    ["far above", ".a{position:absolute;top:-9999px}"],
    ["far to the right", ".a{position:absolute;left:20000px}"],
    ["without size", ".a{transform:scale(0);height:0}"],
    ["covered", ".a{position:absolute;top:300px;left:0}.a::after{content:'';position:absolute;top:-9px;left:0;width:600px;height:200px;background:#fff}"],
    ["under the page", ".a{position:absolute;top:100px;left:0;z-index:-1}form{position:relative;background:#fff;height:300px}"],
  ])("%s", async (_, css) => {
    expect(await fills(`<div class="a">${trap}</div><form>${form()}</form>`, css)).toMatchObject({ ids: ALL, rival: false });
  });
});

describe("of two whole forms", () => {
  const closed = ".a{max-height:0;overflow:hidden}";
  it.each([
    ["before", `<div><button>Saved card</button><div class="a">${form("z")}</div></div><form>${form()}</form>`],
    ["after", `<form>${form()}</form><div><button>Other card</button><div class="a">${form("z")}</div></div>`],
  ])("the open one is filled, the closed one %s it is not", async (_, body) => {
    expect(await fills(body, closed)).toMatchObject({ ids: ALL, rival: false });
  });
  it("neither is, when both are seen", async () => {
    expect(await fills(`<form>${form()}</form><form>${form("z")}</form>`)).toMatchObject({ rival: true });
  });
});

describe("what the shopper can see or scroll to is filled", () => {
  it.each([
    ["below the window", `<div style="height:3000px"></div><form>${form()}</form>`],
    ["in a box that scrolls", `<div style="height:120px;overflow:auto"><div style="height:900px"></div><form>${form()}</form></div>`],
    ["under floating labels", `<form>${form().replaceAll("<p>", '<p style="position:relative">').replaceAll("<label", '<label style="position:absolute;inset:0;width:180px"')}</form>`],
    ["beside a picture that lies over it", `<form><p style="position:relative"><label for="n">Card number</label><br><input id="n"><span style="position:absolute;inset:0"></span></p>${form().slice(form().indexOf("</p>") + 4)}</form>`],
    ["under the extension's own panel", `<anytill-panel style="position:fixed;inset:0;background:#eee"></anytill-panel><form>${form()}</form>`],
    ["in a layer over a page that does not scroll", `<div style="height:10px;overflow:hidden"><div style="position:fixed;top:20px;left:20px"><form>${form()}</form></div></div>`],
  ])("%s", async (_, body) => {
    expect(await fills(body)).toMatchObject({ ids: ALL });
    expect(await page.evaluate(() => [scrollX, scrollY])).toEqual([0, 0]);
  });
  it("in an open shadow root, and not what is cut away in there", async () => {
    const body = `<div id="host"></div><script>const r=document.querySelector("#host").attachShadow({mode:"open"});r.innerHTML=${JSON.stringify(`<div style="height:0;overflow:hidden">${trap}</div><form>${form()}</form>`)}</script>`;
    expect(await fills(body)).toMatchObject({ ids: ALL });
  });
  it("in a frame of the page's own, and not in one that is hidden", async () => {
    const frame = (style: string): string => `<iframe style="width:600px;height:400px;${style}" srcdoc="${form().replaceAll('"', "&quot;")}"></iframe>`;
    const inFrame = async (style: string): Promise<readonly string[]> => (await fills(frame(style))).ids;
    expect(await inFrame("")).toEqual(ALL);
    expect(await inFrame("opacity:.02")).toEqual([]);
  });
});
