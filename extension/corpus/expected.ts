/** What the reader is known not to meet yet. Anything else that fails is a regression; anything listed that is met must go. */

import { readFileSync } from "node:fs";
import { failed, type Outcome } from "./score.ts";

export interface ExpectedFailures {
  readonly [page: string]: { readonly fails: readonly string[]; readonly why: string };
}

export function expectedFailures(): ExpectedFailures {
  return JSON.parse(readFileSync(new URL("./expected-failures.json", import.meta.url), "utf8")) as ExpectedFailures;
}

/** One line for each difference between the outcomes and the list; none when they agree. */
export function surprises(outcomes: readonly Outcome[], expected: ExpectedFailures): string[] {
  const lines: string[] = [];
  const judged = new Map(outcomes.map((outcome) => [`${outcome.page.name} ${outcome.fact}`, outcome]));
  for (const [key, outcome] of judged) {
    const listed = expected[outcome.page.name]?.fails.includes(outcome.fact) ?? false;
    if (failed(outcome) && !listed) lines.push(`${key}: regression, ${outcome.story}`);
    if (!failed(outcome) && listed) lines.push(`${key}: is met now, take it off the list`);
  }
  for (const [page, { fails }] of Object.entries(expected)) {
    for (const fact of fails) {
      if (!judged.has(`${page} ${fact}`)) lines.push(`${page} ${fact}: is not judged, take it off the list`);
    }
  }
  return lines;
}
