/** The mood pad: valence from left to right, arousal upward, with mood words. A drawn path becomes a mood curve. */

import { LitElement, html, svg } from "lit";
import { customElement, property, state } from "lit/decorators.js";

export interface Point { v: number; a: number }
const MOST_POINTS = 6;

@customElement("mood-pad")
export class MoodPad extends LitElement {
  @property({ attribute: false }) moods: { name: string; valence: number; arousal: number }[] = [];
  @property({ attribute: false }) point: Point | null = null;
  @property({ attribute: false }) path: Point[] = [];
  @property({ type: Boolean }) drawing = false;
  @state() private held = false;

  createRenderRoot() { return this; }

  render() {
    const at = (p: Point) => `${100 + p.v * 92},${100 - p.a * 92}`;
    const now = this.point;
    const said = this.path.length ? `a path of ${this.path.length} points` : now ? `${this.word(now)}, valence ${now.v.toFixed(2)}, arousal ${now.a.toFixed(2)}` : "open";
    return html`<svg class="pad" viewBox="0 0 200 200" tabindex="0" role="slider" aria-label="Mood" aria-valuetext=${said}
        aria-valuemin="-1" aria-valuemax="1" aria-valuenow=${now?.v ?? 0}
        @pointerdown=${this.down} @pointermove=${this.move} @pointerup=${this.up} @keydown=${this.key}>
      <defs><linearGradient id="warm" x1="0" x2="1" y1="1" y2="0"><stop offset="0" class="pad-a"/><stop offset="0.5" class="pad-b"/><stop offset="1" class="pad-c"/></linearGradient></defs>
      <rect width="200" height="200" fill="url(#warm)"/>
      <path d="M100 6V194M6 100H194" class="axis"/>
      <text x="194" y="108" text-anchor="end" class="pole">pleasant</text><text x="6" y="108" class="pole">unpleasant</text>
      <text x="104" y="13" class="pole">excited</text><text x="104" y="194" class="pole">calm</text>
      ${this.labels().map((mood) => svg`<circle cx=${100 + mood.valence * 92} cy=${100 - mood.arousal * 92} r="1.6" class="dot"/>
        <text x=${100 + mood.valence * 92} y=${100 - mood.arousal * 92 - 4} text-anchor="middle" class="tag">${mood.name}</text>`)}
      ${this.path.length > 1 ? svg`<polyline points=${this.path.map(at).join(" ")} class="path"/>` : ""}
      ${this.path.length ? svg`<circle cx=${100 + this.path[0].v * 92} cy=${100 - this.path[0].a * 92} r="4" class="start"/>` : ""}
      ${now ? svg`<circle cx=${100 + now.v * 92} cy=${100 - now.a * 92} r="7" class="now"/>` : ""}
    </svg>`;
  }

  /** Mood words that do not overlap. */
  private labels() {
    const kept: typeof this.moods = [];
    for (const mood of this.moods)
      if (Math.abs(mood.valence) < 0.86 && kept.every((other) => Math.abs(other.arousal - mood.arousal) > 0.13 || Math.abs(other.valence - mood.valence) > 0.42)) kept.push(mood);
    return kept;
  }

  private word(p: Point): string {
    const far = (m: { valence: number; arousal: number }) => (m.valence - p.v) ** 2 + (m.arousal - p.a) ** 2;
    return [...this.moods].sort((a, b) => far(a) - far(b))[0]?.name ?? "";
  }

  private place(event: PointerEvent): Point {
    const box = this.querySelector("svg")!.getBoundingClientRect(), round = (x: number) => Math.round(Math.max(-1, Math.min(1, x)) * 100) / 100;
    return { v: round((((event.clientX - box.left) / box.width) * 200 - 100) / 92), a: round((100 - ((event.clientY - box.top) / box.height) * 200) / 92) };
  }

  private down = (event: PointerEvent): void => {
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.held = true;
    const point = this.place(event);
    this.set(point, this.drawing ? [point] : []);
  };
  private move = (event: PointerEvent): void => {
    if (!this.held) return;
    const point = this.place(event), last = this.path.at(-1);
    const far = !last || Math.hypot(point.v - last.v, point.a - last.a) > 0.04;
    this.set(point, this.drawing && far ? [...this.path, point] : this.path);
  };
  private up = (): void => { this.held = false; if (this.path.length === 1) this.set(this.point, []); };
  private key = (event: KeyboardEvent): void => {
    const steps: Record<string, [number, number]> = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
    if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); this.set(null, []); return; }
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const now = this.point ?? { v: 0, a: 0 }, round = (x: number) => Math.round(Math.max(-1, Math.min(1, x)) * 100) / 100;
    this.set({ v: round(now.v + step[0]), a: round(now.a + step[1]) }, []);
  };
  private set(point: Point | null, path: Point[]): void {
    this.dispatchEvent(new CustomEvent("mood", { detail: { point, path } }));
  }
}

/** The mood options of a brief for a point and a path. */
export function moodOptions(point: Point | null, path: Point[]): Record<string, unknown> {
  if (path.length > 1) {
    const count = Math.min(MOST_POINTS, path.length);
    const points = Array.from({ length: count }, (_, i) => path[Math.round((i * (path.length - 1)) / (count - 1))]);
    return { mood_curve: points.map((p, i) => `${p.v.toFixed(2)},${p.a.toFixed(2)}@${Math.round((i * 100) / (count - 1))}%`).join(" ") };
  }
  return point ? { valence: point.v, arousal: point.a } : {};
}
