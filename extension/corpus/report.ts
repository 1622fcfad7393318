/** The corpus' report as text: measured pages apart from our own guesses, then each fact, then what failed. */

import { failed, type Outcome } from "./score.ts";

interface Sum {
  right: number;
  wrong: number;
  missed: number;
}

export function report(outcomes: readonly Outcome[]): string {
  const lines: string[] = [];
  for (const evidence of ["measured", "guess"] as const) {
    const of = outcomes.filter((outcome) => outcome.page.label.evidence === evidence);
    lines.push("", evidence === "measured" ? "PAGES FROM MEASURED FACTS" : "PAGES THAT ARE OUR OWN GUESS", "");
    lines.push(row("store", "pages", "met", "checkout P / R", "total P / R", "fields P / R"));
    const stores = [...new Set(of.map((outcome) => outcome.page.directory))].sort();
    for (const store of stores) lines.push(storeRow(store, of.filter((outcome) => outcome.page.directory === store)));
    lines.push(storeRow("all", of));
  }
  lines.push("", "EACH FACT, ALL PAGES", "", row("fact", "right", "wrong", "missed", "precision", "recall"));
  for (const fact of [...new Set(outcomes.map((outcome) => outcome.fact))]) {
    const sum = sumOf(outcomes.filter((outcome) => outcome.fact === fact));
    lines.push(row(fact, `${sum.right}`, `${sum.wrong}`, `${sum.missed}`, percent(sum.right, sum.right + sum.wrong), percent(sum.right, sum.right + sum.missed)));
  }
  const failures = outcomes.filter(failed);
  lines.push("", `FAILURES: ${failures.length} of ${outcomes.length} judged facts`, "");
  for (const outcome of failures) lines.push(`${outcome.page.name} ${outcome.fact} (${outcome.page.label.evidence}): ${outcome.story}`);
  return lines.join("\n");
}

function storeRow(name: string, outcomes: readonly Outcome[]): string {
  const pages = new Set(outcomes.map((outcome) => outcome.page.name));
  const failing = new Set(outcomes.filter(failed).map((outcome) => outcome.page.name));
  const both = (test: (fact: string) => boolean): string => {
    const sum = sumOf(outcomes.filter((outcome) => test(outcome.fact)));
    return `${percent(sum.right, sum.right + sum.wrong)} / ${percent(sum.right, sum.right + sum.missed)}`;
  };
  return row(
    name, `${pages.size}`, `${pages.size - failing.size}`,
    both((fact) => fact === "checkout"), both((fact) => fact === "total"), both((fact) => fact.startsWith("fields.")),
  );
}

function sumOf(outcomes: readonly Outcome[]): Sum {
  const sum: Sum = { right: 0, wrong: 0, missed: 0 };
  for (const outcome of outcomes) {
    sum.right += outcome.right;
    sum.wrong += outcome.wrong;
    sum.missed += outcome.missed;
  }
  return sum;
}

/** Rounded down: 100 % is only said when it is true. */
function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : `${(Math.floor((part * 1000) / whole) / 10).toFixed(1)} %`;
}

function row(first: string, ...rest: string[]): string {
  return first.padEnd(22) + rest.map((cell) => cell.padStart(18)).join("");
}
