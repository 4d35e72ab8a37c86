/** What is seen first? A few figures, each with a word that says whether it is as it should be. */
import { html, type Html } from "../html";
import { mark, type State } from "./parts";
import { count } from "./words";

/** One figure. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  /** How that is. */
  readonly state: State;
  readonly word: string;
}

/** The figures side by side. */
export function glance(figures: readonly Figure[]): Html {
  const rows = figures.length % 4 === 0 ? "fours" : "threes";
  return html`<dl class="${`glance ${rows}`}">
    ${figures.map(
      ({ name, value, state, word }) =>
        html`<div>
          <dt>${name}</dt>
          <dd class="figure">${value}</dd>
          <dd>${mark(state, word)}</dd>
        </div> `,
    )}
  </dl>`;
}

/** `3 of 4`; good only where there was something and all of it is. */
export function ratio(name: string, part: number, whole: number, all: string, some = "not all, see below"): Figure {
  const isFine = part === whole && whole > 0;
  const word = whole === 0 ? "none" : isFine ? all : some;
  return { name, value: `${count(part)} of ${count(whole)}`, state: isFine ? "good" : "bad", word };
}
