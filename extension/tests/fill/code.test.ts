import { JSDOM } from "jsdom";
import { expect, it } from "vitest";
import { fillCode } from "../../src/fill/code.ts";
import type { CodeFilled, CodeToFill } from "../../src/types/messages.ts";

const CODE: CodeToFill = { code: "RGR-7Q2M-XK4D", pin: "4711" };

function filled(html: string, code: CodeToFill = CODE): { values: Record<string, string>; result: CodeFilled; presses: number } {
  const { document } = new JSDOM(html).window;
  let presses = 0;
  for (const type of ["click", "submit"]) document.addEventListener(type, () => (presses += 1));
  const places = Array.from(document.querySelectorAll("[data-code]"), ({ id }) => `#${id}`);
  const result = fillCode(places, (place) => document.querySelector(String(place)), code);
  const values = Object.fromEntries(Array.from(document.querySelectorAll("input"), ({ id, value }) => [id, value] as const).filter(([, value]) => value !== ""));
  return { values, result, presses };
}

it.each<[string, string, Record<string, string>, CodeFilled]>([
  ["code and PIN", `<form><input id=a data-code><label>PIN <input id=b></label><button>Apply</button></form>`, { a: "RGR-7Q2M-XK4D", b: "4711" }, { code: true, pin: true }],
  ["the PIN in the next column", `<form><div><div><input id=a data-code></div><div><input id=b name="gift_card_pin"></div></div></form>`, { a: "RGR-7Q2M-XK4D", b: "4711" }, { code: true, pin: true }],
  ["no box for a PIN", `<form><input id=a data-code><input id=b name=coupon></form>`, { a: "RGR-7Q2M-XK4D" }, { code: true, pin: false }],
  ["a PIN's box in another form", `<form><input id=a data-code></form><form><label>PIN <input id=b></label></form>`, { a: "RGR-7Q2M-XK4D" }, { code: true, pin: false }],
  ["a postcode that is called PIN", `<form><input id=a data-code><label>Postal PIN code <input id=b></label></form>`, { a: "RGR-7Q2M-XK4D" }, { code: true, pin: false }],
  ["a card's own code, a password, a one-time code", `<form><input id=a data-code><input id=b name=pin autocomplete=cc-csc><input id=c name=pin autocomplete=current-password><label>SMS PIN <input id=d></label></form>`, { a: "RGR-7Q2M-XK4D" }, { code: true, pin: false }],
  ["a shipping box, spinning words", `<form><input id=a data-code><label>Shipping to <input id=b></label><label>Spinning <input id=c></label></form>`, { a: "RGR-7Q2M-XK4D" }, { code: true, pin: false }],
  ["two boxes for a PIN", `<form><input id=a data-code><label>PIN <input id=b></label><label>PIN <input id=c></label></form>`, { a: "RGR-7Q2M-XK4D" }, { code: true, pin: false }],
  ["a box for a code without dashes", `<form><input id=a data-code maxlength=11></form>`, { a: "RGR7Q2MXK4D" }, { code: true, pin: false }],
  ["a box that is too short", `<form><input id=a data-code maxlength=6></form>`, {}, { code: false, pin: false }],
  ["the first box that takes it", `<form><input id=a data-code disabled><input id=b data-code></form>`, { b: "RGR-7Q2M-XK4D" }, { code: true, pin: false }],
  ["no box", `<form><label>PIN <input id=b></label></form>`, {}, { code: false, pin: false }],
])("%s", (_, html, values, result) => {
  expect(filled(html)).toEqual({ values, result, presses: 0 });
});

it("a code without a PIN fills no PIN", () => {
  expect(filled(`<form><input id=a data-code><label>PIN <input id=b></label></form>`, { code: "X1", pin: null }).values).toEqual({ a: "X1" });
});

it("what the page takes away again is told", () => {
  const { document } = new JSDOM(`<form><input id=a><label>PIN <input id=b></label></form>`).window;
  document.querySelector("#b")?.addEventListener("input", () => ((document.querySelector("#a") as HTMLInputElement).value = ""));
  expect(fillCode(["#a"], (place) => document.querySelector(String(place)), CODE).code).toBe(false);
});
