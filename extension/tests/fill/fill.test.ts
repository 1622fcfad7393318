import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { fillCard, fillSettled } from "../../src/fill/fill.ts";
import type { FieldPlaces, Place } from "../../src/types/detect.ts";
import type { CardToFill } from "../../src/types/messages.ts";

const CARD: CardToFill = {
  number: "4111111111111111",
  securityCode: "123",
  expiryMonth: 3,
  expiryYear: 2031,
  holder: "Ella Example",
  postalCode: "10001",
};
const FIELDS: FieldPlaces = { number: ["#n"], expiry: ["#e"], securityCode: ["#c"], holder: ["#h"] };
const FORM = `<form><input id=n maxlength=19><input id=e placeholder="MM/YY"><input id=c><input id=h><button>Pay</button></form>`;

function page(html: string): { document: Document; find: (place: Place) => Element | null; window: JSDOM["window"] } {
  const { window } = new JSDOM(html);
  return { document: window.document, find: (place) => window.document.querySelector(String(place)), window };
}

function value(document: Document, css: string): string {
  return (document.querySelector(css) as HTMLInputElement).value;
}

describe("a plain form", () => {
  it("is filled and told", () => {
    const { document, find } = page(FORM);
    const done = fillCard(FIELDS, find, CARD);
    expect(done).toEqual({ filled: ["number", "expiry", "securityCode", "holder"], refused: [], missing: [] });
    expect(value(document, "#n")).toBe("4111111111111111");
    expect(value(document, "#e")).toBe("03/31");
  });

  it("hears the events that frameworks listen for, in order, and is never sent or pressed", () => {
    const { document, find } = page(FORM);
    const heard: string[] = [];
    const names = ["focus", "keydown", "input", "keyup", "change", "blur"];
    for (const name of names) document.querySelector("#c")?.addEventListener(name, () => heard.push(name));
    for (const name of ["click", "submit", "mousedown"]) document.addEventListener(name, () => heard.push(name));
    fillCard(FIELDS, find, CARD);
    expect(heard.filter((name, at) => heard.indexOf(name) === at)).toEqual(names);
  });

  it("goes past a framework that watches `value`", () => {
    const { document, find } = page(FORM);
    const input = document.querySelector("#n") as HTMLInputElement;
    // What React does: a property of the element's own that remembers what it set, and drops an unchanged input event.
    const native = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), "value");
    let tracked = "";
    let state = "";
    Object.defineProperty(input, "value", {
      configurable: true,
      get: () => native?.get?.call(input) as string,
      set: (next: string) => {
        tracked = next;
        native?.set?.call(input, next);
      },
    });
    input.addEventListener("input", () => {
      if (input.value !== tracked) state = input.value;
    });
    fillCard(FIELDS, find, CARD);
    expect(state).toBe("4111111111111111");
  });

  it("takes a mask's own spacing for the value", () => {
    const { document, find } = page(FORM);
    const input = document.querySelector("#n") as HTMLInputElement;
    input.addEventListener("input", () => {
      input.value = input.value.replace(/\D/gu, "").replace(/(\d{4})(?=\d)/gu, "$1 ");
    });
    expect(fillCard(FIELDS, find, CARD).filled).toContain("number");
    expect(input.value).toBe("4111 1111 1111 1111");
  });
});

describe("a field that does not take its value", () => {
  it("is told as refused", () => {
    const { document, find } = page(FORM);
    const input = document.querySelector("#n") as HTMLInputElement;
    input.addEventListener("input", () => {
      input.value = "";
    });
    const done = fillCard(FIELDS, find, CARD);
    expect(done.refused).toEqual(["number"]);
    expect(done.filled).not.toContain("number");
  });

  it("also when a later field's event empties it", () => {
    const { document, find } = page(FORM);
    document.querySelector("#h")?.addEventListener("change", () => {
      (document.querySelector("#c") as HTMLInputElement).value = "";
    });
    expect(fillCard(FIELDS, find, CARD).refused).toEqual(["securityCode"]);
  });

  it("also when it empties itself a moment later", async () => {
    const { document, find } = page(FORM);
    const expiry = document.querySelector("#e") as HTMLInputElement;
    expiry.addEventListener("blur", () => setTimeout(() => (expiry.value = ""), 300));
    const done = await fillSettled(FIELDS, find, CARD);
    expect(done).toEqual({ filled: ["number", "securityCode", "holder"], refused: ["expiry"], missing: [] });
  });

  it("may not be written to at all", () => {
    const { find } = page(FORM.replace("id=c", "id=c readonly"));
    expect(fillCard(FIELDS, find, CARD).refused).toEqual(["securityCode"]);
  });
});

it("fields of a same-origin frame are filled with that frame's own setters", () => {
  const { window } = new JSDOM(`<iframe id=f></iframe>`);
  const inner = (window.document.querySelector("#f") as HTMLIFrameElement).contentDocument as Document;
  inner.body.innerHTML = FORM;
  const done = fillCard(FIELDS, (place) => inner.querySelector(String(place)), CARD);
  expect(done.filled).toHaveLength(4);
});
