/** The piano roll: notes by part, bar selection, playhead. One canvas as wide as the window, scrolled manually. */

import { LitElement, html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { barAt, barEnd, partColor, secondsAt, ticksAt, type Piece, regions, type Selection } from "./model";
import type { Player } from "./player";

const RULER = 40;
const NUMBERS = 20; // height of the row of bar numbers; chords are below it

@customElement("piano-roll")
export class PianoRoll extends LitElement {
  @property({ attribute: false }) piece: Piece | null = null;
  @property({ attribute: false }) player!: Player;
  @property({ attribute: false }) selection: Selection | null = null;
  @property({ attribute: false }) locked = new Set<number>();
  @property({ type: Number }) zoom = 1;
  @property({ type: Number }) complete = Infinity;
  private frame = 0;
  private anchor = -1;
  private observer = new ResizeObserver(() => this.requestUpdate());

  createRenderRoot() { return this; }

  render() {
    const bars = this.selection ? `Bars ${this.selection.first + 1} to ${this.selection.last + 1} are selected.` : "No bars are selected.";
    return html`<div class="roll-scroll" @scroll=${() => this.draw()}>
      <div class="roll-space" style="width:${this.width}px">
        <canvas tabindex="0" role="application" aria-roledescription="piano roll"
          aria-label="Piano roll. Left and right select a bar, with Shift they extend the selection, Space plays. ${bars}"
          @pointerdown=${this.down} @pointermove=${this.move} @pointerup=${this.up} @keydown=${this.key}></canvas>
      </div></div>`;
  }

  connectedCallback(): void { super.connectedCallback(); this.observer.observe(this); }
  disconnectedCallback(): void { super.disconnectedCallback(); this.observer.disconnect(); cancelAnimationFrame(this.frame); }

  updated(): void { this.draw(); }

  private get scroller(): HTMLElement { return this.querySelector(".roll-scroll")!; }
  private get canvas(): HTMLCanvasElement { return this.querySelector("canvas")!; }
  private get scale(): number {
    const room = Math.max(300, (this.clientWidth || 900) - 2), ticks = Math.max(1, this.piece?.end_ticks ?? 1);
    return Math.max(room / ticks, (this.zoom * 56) / 1920);
  }
  private get width(): number { return Math.ceil((this.piece?.end_ticks ?? 0) * this.scale); }

  /** Draws now, and repeatedly while the piece plays. */
  draw(): void {
    cancelAnimationFrame(this.frame);
    this.paint();
    if (this.player?.state === "playing") {
      this.keepPlayheadInView();
      this.frame = requestAnimationFrame(() => this.draw());
    }
  }

  private keepPlayheadInView(): void {
    if (!this.piece) return;
    const x = ticksAt(this.piece, this.player.position) * this.scale, view = this.scroller;
    if (x < view.scrollLeft || x > view.scrollLeft + view.clientWidth * 0.92) view.scrollLeft = x - view.clientWidth * 0.08;
  }

  private paint(): void {
    const canvas = this.canvas, piece = this.piece, view = this.scroller;
    const w = view.clientWidth, h = view.clientHeight, ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio);
      canvas.style.width = `${w}px`; canvas.style.height = `${h}px`;
    }
    const g = canvas.getContext("2d")!;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(this), color = (name: string) => style.getPropertyValue(name).trim();
    const dark = document.documentElement.dataset.theme === "dark";
    g.clearRect(0, 0, w, h);
    if (!piece) return;
    const left = view.scrollLeft, scale = this.scale, x = (ticks: number) => ticks * scale - left;
    const pitches = piece.notes.filter(([part]) => !piece.parts[part].is_drum).map((note) => note[3]);
    const drums = piece.parts.some((part) => part.is_drum);
    let low = pitches.length ? Math.min(...pitches) - 2 : 48, high = pitches.length ? Math.max(...pitches) + 2 : 72;
    if (high - low < 24) { const grow = Math.ceil((24 - high + low) / 2); low -= grow; high += grow; }
    const drumRows = drums ? 8 : 0, rows = high - low + 1 + drumRows, row = Math.max(1, (h - RULER) / rows);
    const y = (pitch: number) => RULER + (high - pitch) * row;
    for (let pitch = low; pitch <= high; pitch++) {
      if ([1, 3, 6, 8, 10].includes(pitch % 12)) { g.fillStyle = color("--row"); g.fillRect(0, y(pitch), w, row); }
      if (pitch % 12 === 0) { g.fillStyle = color("--line"); g.fillRect(0, y(pitch) + row, w, 1); }
    }
    g.fillStyle = color("--panel-2"); g.fillRect(0, 0, w, RULER);
    const from = barAt(piece, left / scale), every = Math.max(1, Math.ceil(34 / (1920 * scale)));
    g.font = `600 11px ${color("--font")}`; g.textBaseline = "middle";
    for (let bar = from; bar < piece.bars.length && x(piece.bars[bar].ticks) < w; bar++) {
      const at = x(piece.bars[bar].ticks);
      g.fillStyle = color("--line"); g.fillRect(at, bar % every ? RULER : 0, 1, h);
      if (bar % every === 0) { g.fillStyle = color("--muted"); g.fillText(String(bar + 1), at + 5, NUMBERS / 2 + 1); }
    }
    let free = -Infinity;
    for (const chord of piece.chords) {
      const at = x(chord.ticks) + 4;
      if (at < -60 || at > w || at < free || !chord.text) continue;
      g.fillStyle = color("--accent"); g.fillText(chord.text, at, NUMBERS + (RULER - NUMBERS) / 2 - 1);
      free = at + g.measureText(chord.text).width + 6;
    }
    if (this.selection) {
      for (const [first, last] of regions(this.selection)) {
        const a = x(piece.bars[first].ticks), b = x(barEnd(piece, last));
        g.fillStyle = color("--selection"); g.fillRect(a, 0, b - a, h);
        g.strokeStyle = color("--accent"); g.lineWidth = 1.5; g.strokeRect(a + 0.75, 0.75, b - a - 1.5, h - 1.5);
      }
    }
    const now = this.player?.state === "playing" ? ticksAt(piece, this.player.position) : -1;
    for (const [part, start, length, pitch, velocity] of piece.notes) {
      const at = x(start), wide = Math.max(2, length * scale - 1);
      if (at + wide < 0 || at > w) continue;
      const drum = piece.parts[part].is_drum;
      const top = drum ? RULER + (high - low + 1 + (pitch % 8)) * row : y(pitch);
      const chosen = !this.selection?.parts.size || this.selection.parts.has(part);
      g.globalAlpha = (this.player?.audible(part) ? 0.55 + (velocity / 127) * 0.45 : 0.16) * (this.selection && !chosen ? 0.35 : 1);
      const sounding = now >= start && now < start + length;
      g.fillStyle = sounding ? color("--ink") : partColor(part, dark);
      g.beginPath(); g.roundRect(at, top + 0.5, drum ? Math.max(3, row) : wide, Math.max(2.5, row - 1), Math.min(3, row / 3)); g.fill();
    }
    g.globalAlpha = 1;
    if (this.complete < piece.bars.length) {
      const edge = x(this.complete ? barEnd(piece, this.complete - 1) : 0);
      g.fillStyle = color("--veil"); g.fillRect(edge, RULER, w - edge, h);
      g.fillStyle = color("--accent"); g.fillRect(edge, RULER, 2, h);
    }
    if (this.player) {
      const at = x(ticksAt(piece, this.player.position));
      g.fillStyle = color("--play"); g.fillRect(at - 1, 0, 2, h);
      g.beginPath(); g.moveTo(at - 6, 0); g.lineTo(at + 6, 0); g.lineTo(at, 8); g.fill();
    }
  }

  private barUnder(event: PointerEvent): number {
    const x = event.clientX - this.canvas.getBoundingClientRect().left + this.scroller.scrollLeft;
    return barAt(this.piece!, Math.max(0, x / this.scale));
  }

  private down = (event: PointerEvent): void => {
    if (!this.piece || event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    const bar = this.barUnder(event);
    this.anchor = event.shiftKey && this.selection ? this.selection.first : bar;
    this.choose(this.anchor, bar);
  };
  private move = (event: PointerEvent): void => { if (this.anchor >= 0 && this.piece) this.choose(this.anchor, this.barUnder(event)); };
  private up = (event: PointerEvent): void => {
    if (this.anchor < 0 || !this.piece) return;
    const bar = this.barUnder(event);
    if (bar === this.anchor) this.player.seek(secondsAt(this.piece, this.piece.bars[bar].ticks));
    this.anchor = -1;
  };
  private key = (event: KeyboardEvent): void => {
    if (!this.piece || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.key === "ArrowLeft" ? -1 : 1, last = this.piece.bars.length - 1;
    const clamp = (bar: number) => Math.max(0, Math.min(last, bar));
    if (!this.selection) return this.choose(0, 0);
    if (event.shiftKey) return this.choose(this.selection.first, Math.max(this.selection.first, clamp(this.selection.last + step)));
    const bar = clamp(this.selection.first + step);
    this.choose(bar, bar);
    this.player.seek(secondsAt(this.piece, this.piece.bars[bar].ticks));
  };
  private choose(a: number, b: number): void {
    this.dispatchEvent(new CustomEvent("choose-bars", { detail: [Math.min(a, b), Math.max(a, b)] }));
  }
}
