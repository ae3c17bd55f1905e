/** The live room: an endless piece that follows the mood pad, composed two phrases ahead, and the audience's votes. */

import { LitElement, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import * as api from "./api";
import { icon } from "./icons";
import "./mood-pad";
import type { Point } from "./mood-pad";
import { barAt, clock, secondsAt, ticksAt, type Note, type Piece, type Tables, type Version } from "./model";
import type { Player } from "./player";
import "./roll";

const MOST_PARTS = 8;
const SPARE_S = 3; // a phrase is repeated when less than this remains

interface Slot { phrase: number; start_bar: number; bars: number; mood: [number, number]; again: boolean }

@customElement("live-room")
export class LiveRoom extends LitElement {
  @property({ attribute: false }) tables: Tables | null = null;
  @property({ attribute: false }) player!: Player;
  @state() piece: Piece | null = null;
  @state() slots: Slot[] = [];
  @state() mood: Point = { v: 0.2, a: -0.2 };
  @state() room: api.LiveState | null = null;
  @state() error = "";
  @state() waiting = false;
  /** Number of phrases repeated because composing fell behind; number of times the sound would have stopped. */
  repeats = 0;
  underruns = 0;
  private session = "";
  private early: api.Phrase[] = []; // received before the server's answer names the session
  private last: { frame: Piece; notes: Note[]; bars: number } | null = null;
  private timer = 0;
  private reported = -1;
  private telling = 0;
  private sounding = false;

  createRenderRoot() { return this; }

  connectedCallback(): void {
    super.connectedCallback();
    void api.live().then((room) => { this.room = room; }).catch(() => undefined);
    this.timer = window.setInterval(() => this.watch(), 200);
  }
  disconnectedCallback(): void { super.disconnectedCallback(); window.clearInterval(this.timer); void this.stop(); }

  private start = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    this.error = "";
    this.waiting = true;
    this.piece = this.last = null;
    this.session = "";
    this.early = [];
    this.slots = [];
    this.repeats = this.underruns = 0;
    this.reported = -1;
    this.sounding = false;
    this.player.pause();
    this.player.load(null);
    void this.player.open().catch(() => undefined);
    try {
      this.room = await api.startLive({ ensemble: String(form.get("ensemble")), style: String(form.get("style") ?? ""), valence: this.mood.v, arousal: this.mood.a });
      this.session = this.room.session;
      this.early.forEach((phrase) => this.receive(phrase));
    } catch (error) { this.error = error instanceof Error ? error.message : String(error); this.waiting = false; }
  };

  private stop = async (): Promise<void> => {
    this.sounding = false;
    this.player.pause();
    this.waiting = false;
    if (this.room?.running) this.room = await api.stopLive().catch(() => this.room);
  };

  /** Receives a composed phrase from the server. */
  receive(phrase: api.Phrase): void {
    if (!this.session) this.early.push(phrase);
    if (phrase.session !== this.session) return;
    const start = phrase.frame.bars[phrase.first_bar].ticks;
    const notes = phrase.notes.map((note): Note => [note[0], note[1] - start, note[2], note[3], note[4]]);
    this.last = { frame: { ...phrase.frame, notes: [] }, notes, bars: phrase.bars };
    this.place(phrase.index, phrase.mood, false);
    if (this.room) this.room = { ...this.room, phrases: phrase.index + 1, audience: { ...this.room.audience, voters: phrase.voters } };
    if (this.waiting && this.slots.length >= 2) { this.waiting = false; this.player.load(this.piece); void this.player.play(0).then(() => { this.sounding = true; }); }
  }

  failed(news: { session: string; error: { message: string } | null }): void {
    if (news.session !== this.session) return;
    this.error = news.error?.message ?? "Composing stopped.";
    this.waiting = false;
  }

  /** Appends a phrase to the piece. */
  private place(phrase: number, mood: [number, number], again: boolean): void {
    const { frame, notes, bars } = this.last!, before = this.piece, start_bar = before?.bars.length ?? 0;
    const length = frame.bars.length > 1 ? frame.bars[1].ticks - frame.bars[0].ticks : frame.end_ticks;
    const start = start_bar * length, moved = notes.map((note): Note => [note[0], note[1] + start, note[2], note[3], note[4]]);
    const end_ticks = start + bars * length;
    const laid = Array.from({ length: bars }, (_, i) => ({ ticks: start + i * length, start_s: 0, meter: frame.bars[0].meter }));
    this.piece = {
      ...frame, chords: [], markers: [], end_ticks, bars: [...(before?.bars ?? []), ...laid],
      notes: [...(before?.notes ?? []), ...moved], duration_s: secondsAt(frame, end_ticks),
    };
    this.slots = [...this.slots, { phrase, start_bar, bars, mood, again }];
    if (before && this.player.state === "playing") this.player.extend(this.piece, moved);
    else this.player.load(this.piece, true);
  }

  private get now(): Slot | undefined {
    if (!this.piece) return undefined;
    const bar = barAt(this.piece, ticksAt(this.piece, this.player.position));
    return this.slots.find((slot) => bar >= slot.start_bar && bar < slot.start_bar + slot.bars);
  }

  private watch(): void {
    if (this.sounding && this.piece && this.last && this.room?.running && this.player.state === "ready") { // the page was held up
      const end = this.piece.duration_s;
      this.underruns++;
      this.repeat();
      void this.player.play(end);
    }
    if (!this.piece || this.player.state !== "playing") return;
    const now = this.now;
    if (now && now.phrase !== this.reported) {
      this.reported = now.phrase;
      void api.tellLive({ playing: now.phrase }).then((room) => { this.room = room; }).catch(() => undefined);
    }
    const left = this.piece.duration_s - this.player.position;
    if (left < SPARE_S && this.room?.running && this.last) this.repeat();
    this.requestUpdate();
  }

  private repeat(): void {
    const { phrase, mood } = this.slots.at(-1)!;
    this.repeats++;
    this.place(phrase, mood, true);
  }

  private move = (event: CustomEvent<{ point: Point | null }>): void => {
    if (!event.detail.point) return;
    this.mood = event.detail.point;
    window.clearTimeout(this.telling);
    this.telling = window.setTimeout(() => void api.tellLive({ mood: [this.mood.v, this.mood.a] }).catch(() => undefined), 120);
  };

  private keep = async (): Promise<void> => {
    const last = this.now ?? this.slots.at(-1);
    if (!last) return;
    try {
      const bars = (last.phrase + 1) * last.bars;
      const version = (await api.result(await api.keepLive(bars))).version as Version;
      await this.stop();
      this.dispatchEvent(new CustomEvent("open-version", { detail: version }));
    } catch (error) { this.error = error instanceof Error ? error.message : String(error); }
  };

  render() {
    const running = this.room?.running || this.player.state === "playing", now = this.now, audience = this.room?.audience;
    const next = now ? this.slots.find((slot) => slot.start_bar >= now.start_bar + now.bars) : undefined;
    const small = (this.tables?.ensembles ?? []).filter((row) => row.parts.length <= MOST_PARTS);
    return html`<div class="live">
      <section class="card live-pad"><h2>Move the music</h2>
        <mood-pad .moods=${this.tables?.moods ?? []} .point=${this.mood} .path=${[]} @mood=${this.move}></mood-pad>
        <p class="hint">A change takes effect with the next phrase that is not yet composed.</p>
        <form class="row" @submit=${this.start}>
          <label class="inline">Players<select name="ensemble" ?disabled=${running}>${small.map((row) => html`<option ?selected=${row.name === "piano"}>${row.name}</option>`)}</select></label>
          <span class="grow"></span>
          ${running || this.waiting ? html`<button type="button" @click=${this.stop}>Stop</button>` : html`<button class="primary">${icon("play")} Start</button>`}</form>
        ${this.waiting ? html`<p class="quiet short" role="status">Composing the first phrases …</p>` : nothing}
        ${this.error ? html`<p class="message error" role="alert">${this.error}</p>` : nothing}
      </section>
      <section class="live-now">
        <div class="piece-head"><h2>Live room</h2><span class="facts num">${this.piece ? `${clock(this.player.position)} · bar ${now ? barAt(this.piece, ticksAt(this.piece, this.player.position)) + 1 : 1}` : "an endless piece for up to eight parts"}</span>
          <span class="grow"></span><button ?disabled=${!this.piece} @click=${this.keep}>Keep as a piece</button></div>
        <ol class="phrases" aria-label="Phrases">${this.slots.slice(-6).map((slot) => html`<li class=${slot === now ? "on" : slot === next ? "next" : ""}>
          <b>${slot === now ? "Now" : slot === next ? "Next" : `Bars ${slot.start_bar + 1}–${slot.start_bar + slot.bars}`}</b>
          <span>${slot.again ? "repeated" : this.word(slot.mood)}</span></li>`)}</ol>
        <div class="roll-pane">${this.piece ? html`<piano-roll .piece=${this.piece} .player=${this.player} .zoom=${1.6}></piano-roll>`
          : html`<p class="quiet">Set a mood and start: the music goes on until you stop it, and follows where you move.</p>`}</div>
        ${audience?.address ? html`<div class="audience card"><div class="qr" aria-hidden="true">${unsafeHTML(audience.qr)}</div>
          <div><h2>Audience</h2><p>Phones in this network vote at <b>${audience.address}</b></p>
          <p class="hint">${audience.open ? `${audience.voters} ${audience.voters === 1 ? "voter" : "voters"}; their mean sets the mood` : "Voting is closed."}</p>
          <button @click=${async () => { this.room = await api.openVote(!audience.open); }}>${audience.open ? "Close voting" : "Open voting"}</button></div></div>`
          : html`<p class="hint">To let an audience vote with their phones, start the studio with <code>--lan</code>.</p>`}
      </section></div>`;
  }

  private word([v, a]: [number, number]): string {
    const far = (m: { valence: number; arousal: number }) => (m.valence - v) ** 2 + (m.arousal - a) ** 2;
    return [...(this.tables?.moods ?? [])].sort((x, y) => far(x) - far(y))[0]?.name ?? "";
  }
}
