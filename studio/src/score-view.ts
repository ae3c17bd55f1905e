/** The engraved score: SVG pages from the server, highlighted sounding notes, selectable bars. */

import { LitElement, html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { TICKS, secondsAt, type Engraving, type Piece, regions, type Selection } from "./model";
import type { Player } from "./player";

const ABOVE = 24; // pixels around a measure that belong to it

/** Whether an event is inside the box of an element; between the lines of a staff there is nothing to hit. */
function holds(element: Element | null, event: MouseEvent): boolean {
  const box = element?.getBoundingClientRect();
  return !!box && event.clientX >= box.left && event.clientX < box.right && event.clientY >= box.top - ABOVE && event.clientY < box.bottom + ABOVE;
}

@customElement("score-view")
export class ScoreView extends LitElement {
  @property({ attribute: false }) engraving: Engraving | null = null;
  @property({ attribute: false }) piece: Piece | null = null;
  @property({ attribute: false }) player!: Player;
  @property({ attribute: false }) selection: Selection | null = null;
  /** Parts that a change of the selection affects. */
  @property({ attribute: false }) chosen = new Set<number>();
  private frame = 0;
  private times: number[] = [];
  private measures: string[] = [];
  private at = -1;

  createRenderRoot() { return this; }

  render() {
    if (!this.engraving) return html`<div class="quiet" role="status">Engraving the score …</div>`;
    return html`<div class="pages" @click=${this.clicked}>
      ${this.engraving.pages.map((page, index) => html`<div class="page" role="img" aria-label="Page ${index + 1} of the score">${unsafeHTML(page)}</div>`)}
    </div>`;
  }

  updated(changed: Map<string, unknown>): void {
    if (changed.has("engraving") && this.engraving && this.piece) {
      this.times = this.engraving.timemap.map(([quarters]) => secondsAt(this.piece!, quarters * TICKS));
      this.measures = this.engraving.timemap.map((entry) => entry[3]).filter(Boolean);
      this.at = -1;
    }
    this.querySelectorAll(".chosen").forEach((node) => node.classList.remove("chosen"));
    if (this.selection)
      for (const [first, last] of regions(this.selection))
        for (let bar = first; bar <= last; bar++) this.choose(this.byId(this.measures[bar]));
    this.sync();
  }

  /** Highlights the sounding notes, repeatedly while the piece plays. */
  sync(): void {
    cancelAnimationFrame(this.frame);
    if (!this.engraving) return;
    const now = this.player.position + 0.02, playing = this.player.state === "playing";
    let at = this.times.findIndex((time) => time > now) - 1;
    if (at < -1) at = this.times.length - 1;
    if (!playing) at = -1;
    if (at !== this.at) this.mark(at);
    if (playing) this.frame = requestAnimationFrame(() => this.sync());
  }

  private mark(at: number): void {
    const map = this.engraving!.timemap;
    if (at < this.at || this.at < 0) {
      this.querySelectorAll(".sounding").forEach((node) => node.classList.remove("sounding"));
      this.at = Math.max(-1, at - 40);
    }
    for (let i = this.at + 1; i <= at; i++) {
      for (const id of map[i][2]) this.byId(id)?.classList.remove("sounding");
      for (const id of map[i][1]) this.byId(id)?.classList.add("sounding");
      if (map[i][3] && i === at) this.reveal(map[i][3]);
    }
    this.at = at;
  }

  /** Highlights the staves of the chosen parts in a measure. */
  private choose(measure: Element | null): void {
    const staves = [...measure?.querySelectorAll(":scope > g.staff") ?? []];
    if (staves.length !== this.piece?.parts.length) return measure?.classList.add("chosen");
    staves.forEach((staff, part) => staff.classList.toggle("chosen", this.chosen.has(part)));
  }

  private reveal(measure: string): void {
    const node = this.byId(measure)?.closest(".system") ?? this.byId(measure), view = this.closest(".score-pane");
    if (!node || !view) return;
    const box = node.getBoundingClientRect(), frame = view.getBoundingClientRect();
    if (box.top < frame.top || box.bottom > frame.bottom) view.scrollBy({ top: box.top - frame.top - 12, behavior: "smooth" });
  }

  private byId(id: string | undefined): Element | null { return id ? this.querySelector(`#${CSS.escape(id)}`) : null; }

  private clicked = (event: MouseEvent): void => {
    const bar = this.measures.findIndex((id) => holds(this.byId(id), event));
    if (bar < 0 || !this.piece) return;
    const first = event.shiftKey && this.selection ? Math.min(this.selection.first, bar) : bar;
    this.dispatchEvent(new CustomEvent("choose-bars", { detail: [first, bar] }));
    if (!event.shiftKey) this.player.seek(secondsAt(this.piece, this.piece.bars[bar].ticks));
  };
}
