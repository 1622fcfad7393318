/**
 * Puts a value into a field as a person's typing would, and looks whether it took.
 *
 * The native setter goes past what a framework has put over `value`; the events are those that frameworks and masks
 * listen for. Nothing is ever pressed, and no form is sent.
 */

import type { Write } from "../plan/plan.ts";

/** True when the field holds the value afterwards. */
export function write(element: Element, wish: Write): boolean {
  if (wish.how === "choose") return element.localName === "select" && choose(element as HTMLSelectElement, wish.value);
  if (element.localName !== "input") return false;
  const input = element as HTMLInputElement;
  if (input.disabled || input.readOnly) return false;
  input.focus({ preventScroll: true });
  setNatively(input, wish.value);
  announce(input, wish.value);
  if (!holds(input, wish)) insert(input, wish.value);
  leave(input);
  return holds(input, wish);
}

/** Whether the field holds what was wished, formatted by the page as it may be. */
export function holds(element: Element, wish: Write): boolean {
  const { value } = element as HTMLInputElement | HTMLSelectElement;
  return wish.compare === "text" ? fold(value) === fold(wish.value) : digits(value) === digits(wish.value);
}

function digits(text: string): string {
  return text.replace(/\D/gu, "");
}

/** Stores write names and postcodes in capitals or with other spaces; that is still the value. */
function fold(text: string): string {
  return text.replace(/\s+/gu, " ").trim().toUpperCase();
}

function choose(select: HTMLSelectElement, value: string): boolean {
  if (select.disabled) return false;
  select.focus({ preventScroll: true });
  const view = viewOf(select);
  Object.getOwnPropertyDescriptor(view.HTMLSelectElement.prototype, "value")?.set?.call(select, value);
  select.dispatchEvent(new view.Event("input", { bubbles: true, composed: true }));
  select.dispatchEvent(new view.Event("change", { bubbles: true }));
  leave(select);
  return select.value === value;
}

function setNatively(input: HTMLInputElement, value: string): void {
  Object.getOwnPropertyDescriptor(viewOf(input).HTMLInputElement.prototype, "value")?.set?.call(input, value);
}

function announce(input: HTMLInputElement, value: string): void {
  const view = viewOf(input);
  const key = { key: value.at(-1) ?? "", bubbles: true, cancelable: true, composed: true };
  input.dispatchEvent(new view.KeyboardEvent("keydown", key));
  input.dispatchEvent(new view.InputEvent("input", { bubbles: true, composed: true, inputType: "insertText", data: value }));
  input.dispatchEvent(new view.KeyboardEvent("keyup", key));
  input.dispatchEvent(new view.Event("change", { bubbles: true }));
}

/** For masks that keep a text of their own: replaces it the way an input method does. */
function insert(input: HTMLInputElement, value: string): void {
  input.focus({ preventScroll: true });
  try {
    input.select();
    input.ownerDocument.execCommand("insertText", false, value);
  } catch {
    // Not every field has a selection (a number's has none in some browsers); then it is reported as not taken.
    return;
  }
  input.dispatchEvent(new (viewOf(input).Event)("change", { bubbles: true }));
}

function leave(element: HTMLElement): void {
  element.blur();
  // A document without focus fires no blur by itself, and forms validate on it.
  const view = viewOf(element);
  if (!element.ownerDocument.hasFocus()) {
    element.dispatchEvent(new view.FocusEvent("blur"));
    element.dispatchEvent(new view.FocusEvent("focusout", { bubbles: true, composed: true }));
  }
}

/** The window that the element lives in: a same-origin frame's fields need that frame's own constructors. */
function viewOf(element: Element): Window & typeof globalThis {
  return element.ownerDocument.defaultView ?? window;
}
