/** The studio: prompt, progress, score and roll, selection, versions. Holds the state; the other elements display it. */

import { LitElement, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import * as api from "./api";
import "./compare-dialog";
import "./compose-panel";
import "./live-room";
import type { LiveRoom } from "./live-room";
import type { CompareDialog } from "./compare-dialog";
import { icon } from "./icons";
import { clock, keyOf, partColor, regions, sameNotes, secondsAt, type Engraving, type Job, type Note, type Piece, type Selection, type Tables, type Version } from "./model";
import { Player } from "./player";
import "./report-dialog";
import type { ReportDialog } from "./report-dialog";
import "./roll";
import "./score-view";
import "./studio.css";
import "./version-tree";

const DOWNLOADS: [string, string][] = [
  ["mid", "MIDI"], ["musicxml", "MusicXML"], ["wav", "Audio, the full mix (WAV)"], ["stems", "Audio, one file per part (ZIP)"],
  ["pdf", "Score (PDF)"], ["dawproject", "DAWproject"], ["performance.mid", "MIDI performance"], ["json", "Sidecar (JSON)"],
];
const WITHOUT_SIDECAR = ["upload", "reduce", "live"]; // verbs
const PACE_BARS = 2; // bars whose writing is timed before playback starts
const PACE_MARGIN = 1.5; // how much slower than so far the rest may be written
const HEAD_S = 2; // music that is written before playback starts
const VERB_NAMES: Record<string, string> = {
  compose: "Composing", continue: "Continuing", infill: "Regenerating", harmonize: "Harmonizing", accompany: "Accompanying", vary: "Varying",
  transfer: "Changing the style", reduce: "Arranging", upload: "Reading the file",
};

@customElement("cantilena-studio")
export class Studio extends LitElement {
  @state() tables: Tables | null = null;
  @state() versions: Version[] = [];
  @state() current: Version | null = null;
  @state() piece: Piece | null = null;
  @state() engraving: Engraving | null = null;
  @state() engravingError = "";
  @state() selection: Selection | null = null;
  @state() locked = new Set<number>();
  @state() jobs = new Map<string, Job>();
  @state() complete = Infinity;
  @state() connected = true;
  @state() message: { text: string; kind: "error" | "info" } | null = null;
  @state() zoom = 1;
  @state() shown: "both" | "score" | "roll" = "both";
  @state() dragging = false;
  @state() busyDownload = "";
  @state() amount = 0.5;
  @state() keep = "";
  @state() takes = 2;
  @state() panelOpen = false;
  @state() place: "studio" | "live" = "studio";
  @state() ports: MIDIOutput[] | null = null;
  readonly player = new Player();
  private redo: string[] = [];
  private live = ""; // job whose bars are shown
  private written = new Map<string, Note>(); // its notes
  private begun: { at: number; complete: number } | null = null; // when its first bars arrived
  private streams = false; // whether it plays while it is written
  private opening = 0; // counts versions that were opened
  private asking = 0; // requests for jobs without an answer yet
  private readonly mine = new Set<string>(); // jobs that this page asked for
  private readonly listening = new Set<string>(); // jobs whose piece plays at once
  private left: Version | null = null; // shown until bars of a new piece appeared
  private ticking = 0;

  createRenderRoot() { return this; }

  connectedCallback(): void {
    super.connectedCallback();
    const stored = localStorage.getItem("theme");
    this.theme(stored ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
    this.player.addEventListener("change", () => { this.requestUpdate(); this.run(); });
    document.addEventListener("keydown", this.keys);
    api.follow({
      job: (job) => this.heardJob(job),
      progress: ({ job, progress }) => {
        const known = this.jobs.get(job);
        if (known) { known.progress = progress; this.jobs = new Map(this.jobs); }
      },
      bars: (news) => this.heardBars(news),
      version: (version) => { if (!this.versions.some((other) => other.id === version.id)) this.versions = [...this.versions, version]; },
      phrase: (phrase) => this.room?.receive(phrase),
      live: (news) => this.room?.failed(news),
      connected: (is) => { this.connected = is; },
    });
    void this.begin();
  }

  private async begin(): Promise<void> {
    await this.attempt(async () => {
      [this.tables, this.versions] = await Promise.all([api.tables(), api.versions()]);
      const wanted = this.versions.find((version) => version.id === location.hash.slice(1)) ?? this.versions.at(-1);
      if (wanted) await this.open(wanted); else this.panelOpen = true;
    });
  }

  private get room(): LiveRoom | null { return this.querySelector("live-room"); }

  private go(place: "studio" | "live"): void {
    this.player.pause();
    this.place = place;
    this.player.load(place === "studio" && this.current ? this.piece : null);
  }

  private async attempt(work: () => Promise<unknown>): Promise<void> {
    try { await work(); } catch (error) {
      if (error instanceof api.Refused && error.status === api.STOPPED) return;
      this.message = { text: error instanceof Error ? error.message : String(error), kind: "error" };
    }
  }

  private theme(name: string): void {
    document.documentElement.dataset.theme = name;
    localStorage.setItem("theme", name);
    this.requestUpdate();
  }

  // Jobs

  private heardJob(job: Job): void {
    if (!(job.verb in VERB_NAMES)) return;
    const jobs = new Map(this.jobs);
    if (job.state === "queued" || job.state === "running") jobs.set(job.id, job); else jobs.delete(job.id);
    this.jobs = jobs;
  }

  private heardBars(news: api.Bars): void {
    if (news.frame) {
      const mine = this.asking > 0 || this.mine.has(news.job);
      if (!mine || this.place === "live" || (this.player.busy && news.job !== this.live)) return;
      this.live = news.job;
      this.left = this.current ?? this.left;
      this.current = null;
      this.engraving = null;
      this.selection = null;
      this.written = new Map();
      this.begun = null;
      this.streams = false;
      this.piece = { ...news.frame, notes: [] };
      this.player.load(null);
      this.player.muted.clear();
      this.player.soloed.clear();
    }
    if (news.job !== this.live || !this.piece) return;
    for (const note of news.notes) this.written.set(keyOf(note), note);
    this.piece = { ...this.piece, notes: [...this.written.values()] };
    this.complete = news.complete;
    if (news.complete && news.plays && this.place === "studio") this.stream(this.listening.has(news.job));
  }

  /** Makes the complete bars of a piece playable, and plays them as soon as the rest will be written in time. */
  private stream(atOnce: boolean): void {
    const piece = this.piece!, bars = piece.bars.length, known = piece.bars[this.complete]?.start_s ?? piece.duration_s;
    if (!this.player.piece) this.player.load(piece);
    this.player.follow(piece, this.complete < bars ? known : Infinity);
    const now = performance.now() / 1000;
    this.begun ??= { at: now, complete: this.complete };
    const measured = this.complete - this.begun.complete, left_s = ((bars - this.complete) * (now - this.begun.at)) / measured;
    const inTime = this.complete === bars || (measured >= PACE_BARS && known >= HEAD_S && left_s * PACE_MARGIN <= piece.duration_s);
    if (!atOnce || this.streams || !inTime) return;
    this.streams = true;
    if (!this.player.busy) void this.player.play(0);
  }

  private async work(
    verb: string, options: Record<string, unknown>, then?: (version: Version) => unknown, play = false,
  ): Promise<void> {
    this.message = null;
    let job: Job | undefined;
    await this.attempt(async () => {
      this.asking++;
      job = await api.ask(verb, verb === "compose" ? null : this.current!.id, options).finally(() => { this.asking--; });
      this.mine.add(job.id);
      if (play) this.listening.add(job.id);
      const result = await api.result(job);
      if (result.version) await (then ? then(result.version) : this.open(result.version));
    });
    if (job) {
      this.mine.delete(job.id);
      this.listening.delete(job.id);
      this.heardJob({ ...job, state: "done" }); // its last event is missing if the server has ended
    }
    if (job?.id === this.live) this.live = "";
    if (this.current || this.mine.size || this.asking) return;
    if (this.left) return this.attempt(() => this.open(this.left!));
    this.piece = null;
    this.player.load(null);
  }

  private compose = (event: CustomEvent<{ options: Record<string, unknown>; count: number; play: boolean }>): void => {
    const { options, count, play } = event.detail;
    this.panelOpen = false;
    if (play) void this.player.open().catch(() => undefined);
    if (count === 1)
      void this.work("compose", options, async (version) => {
        const playsOn = await this.open(version);
        if (play && !playsOn && this.place === "studio") await this.player.play(0);
      }, play);
    else void this.several("compose", options, count);
  };

  /** Several versions of the same request, for comparison. */
  private async several(verb: string, options: Record<string, unknown>, count: number): Promise<void> {
    const made: Version[] = [], seed = Math.floor(Math.random() * 2 ** 31);
    await Promise.all(Array.from({ length: count }, (_, index) =>
      this.work(verb, { ...options, seed: seed + index }, (version) => { made.push(version); })));
    if (!made.length) return;
    await this.attempt(() => this.open(made[0]));
    let best = made[0];
    for (const other of made.slice(1)) {
      const kept = await this.compare(best, other);
      if (!kept) return;
      best = kept;
    }
  }

  private async compare(one: Version, other: Version): Promise<Version | null | undefined> {
    this.player.pause();
    let kept: Version | null | undefined;
    await this.attempt(async () => {
      kept = await (this.querySelector("compare-dialog") as CompareDialog).compare(one, other, this.player);
      await this.open(kept ?? this.current ?? one);
    });
    return kept;
  }

  // Versions

  /** Shows a version; returns whether it is the piece that has begun to play while it was written. */
  async open(version: Version): Promise<boolean> {
    const turn = ++this.opening, piece = await api.piece(version.id);
    if (turn !== this.opening) return false; // another version has been opened meanwhile
    const playsOn = this.streams && this.live !== "" && this.place === "studio" && this.piece !== null && sameNotes(this.piece, piece);
    const kin = this.root(this.current) === this.root(version);
    if (!kin && !playsOn) { this.player.muted.clear(); this.player.soloed.clear(); }
    this.locked = new Set(kin ? [...this.locked].filter((part) => this.current?.parts[part] === version.parts[part]) : []);
    if (playsOn) this.player.follow(piece, Infinity); else if (this.place === "studio") this.player.load(piece, kin);
    this.current = version;
    this.piece = piece;
    this.complete = Infinity;
    this.live = "";
    this.streams = false;
    if (!kin || (this.selection && this.selection.last >= piece.bars.length)) this.selection = null;
    history.replaceState(null, "", `#${version.id}`);
    document.title = `${version.title} · Cantilena Studio`;
    void this.engrave(version);
    return playsOn;
  }

  private async engrave(version: Version): Promise<void> {
    this.engraving = null;
    this.engravingError = "";
    try {
      const file = (await api.result(await api.ask("engrave", version.id, {}))).file!;
      const engraving = await api.engraving(version.id, file);
      if (this.current?.id === version.id) this.engraving = engraving;
    } catch (error) {
      if (this.current?.id === version.id) this.engravingError = error instanceof Error ? error.message : String(error);
    }
  }

  /** The first ancestor of a version: what a user changes step by step keeps selection, locks and place. */
  private root(version: Version | null): string | undefined {
    const known = new Map(this.versions.map((other) => [other.id, other]));
    let at = version ?? undefined;
    for (let up = at; up; up = known.get(up.parent ?? "")) at = up;
    return at?.id;
  }

  private parent(): Version | undefined { return this.versions.find((version) => version.id === this.current?.parent); }

  private undo = (): void => {
    const parent = this.parent();
    if (!parent) return;
    this.redo.push(this.current!.id);
    void this.attempt(() => this.open(parent));
  };
  private again = (): void => {
    const next = this.versions.find((version) => version.id === this.redo.at(-1) && version.parent === this.current?.id);
    if (!next) return;
    this.redo.pop();
    void this.attempt(() => this.open(next));
  };
  private canRedo(): boolean {
    return this.versions.some((version) => version.id === this.redo.at(-1) && version.parent === this.current?.id);
  }

  // Changes

  private chosenParts(): number[] {
    const all = this.piece!.parts.map((_, index) => index);
    return all.filter((part) => (!this.selection?.parts.size || this.selection.parts.has(part)) && !this.locked.has(part));
  }

  private regenerate = (count = 1): void => {
    if (!this.selection || !this.current) return;
    const options = { ...this.selected(), ...(this.keep ? { keep: this.keep } : {}) };
    if (count > 1) void this.several("infill", options, count); else void this.work("infill", options);
  };

  /** Options that name the selected bars and parts; a change of a selection takes no others. */
  private selected(): Record<string, unknown> {
    const bars = regions(this.selection!).map(([first, last]) => `${first + 1}-${last + 1}`).join(",");
    return { bars, parts: this.chosenParts().map((part) => part + 1), locked: [...this.locked].map((part) => part + 1) };
  }

  private async findPorts(): Promise<void> {
    await this.attempt(async () => {
      if (!navigator.requestMIDIAccess) throw new Error("This browser has no Web MIDI: use Chrome, Edge or Firefox.");
      const access = await navigator.requestMIDIAccess();
      this.ports = [...access.outputs.values()];
    });
  }

  private choosePort = (event: Event): void => {
    const id = (event.target as HTMLSelectElement).value;
    this.player.setOutput(this.ports?.find((port) => port.id === id) ?? null);
  };

  private async take(files: FileList | null | undefined): Promise<void> {
    const file = files?.[0];
    if (!file) return;
    await this.attempt(async () => {
      const result = await api.result(await api.upload(file));
      if (result.version) await this.open(result.version);
    });
  }

  private async download(format: string): Promise<void> {
    const id = this.current!.id;
    this.busyDownload = format;
    await this.attempt(async () => {
      let file = `piece.${format}`;
      if (!["mid", "musicxml", "json"].includes(format)) file = (await api.result(await api.ask("render", id, { format }))).file!;
      const link = Object.assign(document.createElement("a"), { href: `/api/versions/${id}/files/${file}`, download: "" });
      document.body.append(link);
      link.click();
      link.remove();
    });
    this.busyDownload = "";
  }

  private choose = (event: CustomEvent<[number, number]>): void => {
    this.selection = { ...(this.selection ?? { parts: new Set<number>() }), first: event.detail[0], last: event.detail[1] };
  };

  private toggle(set: Set<number>, part: number): void {
    if (!set.delete(part)) set.add(part);
    this.requestUpdate();
    this.redraw();
  }
  private choosePart(part: number): void {
    const parts = new Set(this.selection?.parts);
    if (!parts.delete(part)) parts.add(part);
    this.selection = { ...(this.selection ?? { first: 0, last: this.piece!.bars.length - 1 }), parts };
  }

  private redraw(): void { (this.querySelector("piano-roll") as LitElement | null)?.requestUpdate(); }

  private keys = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (target.closest("input, textarea, select, dialog[open]") || (event.key === " " && target.closest("button, summary, a"))) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") { event.preventDefault(); (event.shiftKey ? this.again : this.undo)(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || !this.piece || this.place === "live") return;
    const actions: Record<string, () => void> = {
      " ": () => (this.player.busy ? this.player.pause() : void this.player.play()),
      r: () => this.regenerate(),
      Escape: () => { this.selection = null; },
      Home: () => this.player.seek(0),
    };
    const action = actions[event.key];
    if (action) { event.preventDefault(); action(); }
  };

  /** Updates the clock, the roll and the score while the piece plays. */
  private run(): void {
    cancelAnimationFrame(this.ticking);
    (this.querySelector("score-view") as unknown as { sync?(): void } | null)?.sync?.();
    this.redraw();
    const tick = (): void => {
      const time = this.querySelector<HTMLElement>(".time"), slider = this.querySelector<HTMLInputElement>(".seek");
      if (time) time.textContent = clock(this.player.position);
      if (slider && document.activeElement !== slider) slider.value = String(this.player.position);
      if (this.player.state === "playing") this.ticking = requestAnimationFrame(tick);
    };
    tick();
  }

  // Rendering

  render() {
    return html`
      <a class="skip" href="#piece">Skip to the piece</a>
      ${this.header()}
      ${this.place === "live" ? html`<live-room .tables=${this.tables} .player=${this.player}
        @open-version=${(event: CustomEvent<Version>) => { this.go("studio"); void this.attempt(() => this.open(event.detail)); }}></live-room>` : this.desk()}
      <compare-dialog></compare-dialog>
      <report-dialog></report-dialog>`;
  }

  private desk() {
    return html`
      <div class="layout ${this.panelOpen ? "panel-open" : ""}"
        @dragover=${(event: DragEvent) => { event.preventDefault(); this.dragging = true; }}
        @dragleave=${(event: DragEvent) => { if (event.target === event.currentTarget) this.dragging = false; }}
        @drop=${(event: DragEvent) => { event.preventDefault(); this.dragging = false; void this.take(event.dataTransfer?.files); }}>
        <aside aria-label="Compose and versions">
          <compose-panel .tables=${this.tables} .busy=${[...this.jobs.values()].some((job) => job.verb === "compose")} @compose=${this.compose}></compose-panel>
          <section class="card">
            <div class="card-head"><h2>Versions</h2></div>
            <version-tree .versions=${this.versions} .current=${this.current?.id ?? ""}
              @open-version=${(event: CustomEvent<Version>) => this.attempt(() => this.open(event.detail))}></version-tree>
          </section>
        </aside>
        <main id="piece" tabindex="-1">
          ${this.notices()}
          ${this.piece ? this.work_area() : this.empty()}
        </main>
        ${this.dragging ? html`<div class="drop" aria-hidden="true"><p>Drop a MIDI or MusicXML file</p></div>` : nothing}
      </div>
      ${this.piece ? this.transport() : nothing}`;
  }

  private header() {
    const dark = document.documentElement.dataset.theme === "dark";
    return html`<header>
      <button class="icon menu" aria-label="Show or hide the compose panel" aria-expanded=${this.panelOpen} @click=${() => { this.panelOpen = !this.panelOpen; }}>${icon("menu")}</button>
      <h1><span class="mark" aria-hidden="true">♪</span> Cantilena <span>Studio</span></h1>
      <span class="offline" title="Nothing leaves this machine">On this machine</span>
      <nav class="segmented" aria-label="Place">${(["studio", "live"] as const).map((place) => html`<button aria-pressed=${this.place === place}
        @click=${() => this.go(place)}>${place === "studio" ? "Pieces" : "Live room"}</button>`)}</nav>
      <span class="grow"></span>
      ${this.connected ? nothing : html`<span class="warn" role="status">Reconnecting …</span>`}
      <label class="button">Open a file<input type="file" class="hidden-input" accept=".mid,.midi,.musicxml,.xml,.mxl,.krn,.abc"
        @change=${(event: Event) => { const input = event.target as HTMLInputElement; void this.take(input.files).then(() => { input.value = ""; }); }}/></label>
      <button class="icon" aria-label=${dark ? "Light colors" : "Dark colors"} title=${dark ? "Light colors" : "Dark colors"}
        @click=${() => { this.theme(dark ? "light" : "dark"); this.redraw(); }}>${icon(dark ? "sun" : "moon")}</button>
    </header>`;
  }

  private notices() {
    return html`<div aria-live="polite" class="notices">
      ${[...this.jobs.values()].map((job) => html`<div class="job">
        <span class="job-name">${job.state === "queued" ? "Waiting: " : ""}${VERB_NAMES[job.verb]}</span>
        <progress max="1" .value=${job.progress} aria-label="Progress"></progress>
        <span class="num">${Math.round(job.progress * 100)} %</span>
        <button class="small" @click=${() => this.attempt(async () => { await api.cancel(job.id); })}>Cancel</button></div>`)}
      ${this.busyDownload ? html`<div class="job"><span class="job-name">Preparing the file</span><progress aria-label="Preparing the file"></progress></div>` : nothing}
      ${this.message ? html`<div class="message ${this.message.kind}" role="alert"><span>${this.message.text}</span>
        <button class="icon" aria-label="Dismiss the message" @click=${() => { this.message = null; }}>×</button></div>` : nothing}
    </div>`;
  }

  private empty() {
    return html`<div class="empty">
      <div class="empty-art" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i><b style="left:18%;top:58%"></b><b style="left:38%;top:38%"></b><b style="left:58%;top:48%"></b><b style="left:78%;top:18%"></b></div>
      <h2>Describe the music you want</h2>
      <p>Enter a prompt in the compose panel, or drop a MIDI or MusicXML file here to continue, accompany or vary it.</p>
    </div>`;
  }

  private work_area() {
    const piece = this.piece!, version = this.current;
    const facts = [piece.key, piece.bars[0]?.meter, `${Math.round(piece.tempos[0].qpm)} bpm`, `${piece.bars.length} bars`, clock(piece.duration_s)];
    return html`
      <div class="piece-head">
        <div><h2>${version?.title || piece.title || "New piece"}</h2><p class="facts">${facts.filter(Boolean).join(" · ")}</p></div>
        <span class="grow"></span>
        <span><button class="icon" title="Undo (Ctrl+Z)" aria-label="Undo: back to the parent version" ?disabled=${!this.parent()} @click=${this.undo}>${icon("undo")}</button>
          <button class="icon" title="Redo (Ctrl+Shift+Z)" aria-label="Redo" ?disabled=${!this.canRedo()} @click=${this.again}>${icon("redo")}</button></span>
        <div class="segmented" role="group" aria-label="View">
          ${(["both", "score", "roll"] as const).map((view) => html`<button aria-pressed=${this.shown === view} @click=${() => { this.shown = view; }}>${{ both: "Both", score: "Score", roll: "Roll" }[view]}</button>`)}
        </div>
        ${version ? html`
          <button ?disabled=${!this.parent()} title="Compare this version with its parent in a blind test"
            @click=${() => this.compare(version, this.parent()!)}>Compare</button>
          <button @click=${() => (this.querySelector("report-dialog") as ReportDialog).show(version)}>Report</button>
          <details class="menu-button" @toggle=${this.closeOutside} @click=${this.closeMenu}><summary class="button">Download</summary><div class="menu-list">
            ${DOWNLOADS.filter(([format]) => format !== "json" || !WITHOUT_SIDECAR.includes(version.verb)).map(([format, name]) => html`<button class="plain" ?disabled=${this.busyDownload !== ""} @click=${() => this.download(format)}>${name}</button>`)}</div></details>` : nothing}
      </div>
      ${this.mixer(piece)}
      ${version ? this.actions() : nothing}
      <div class="views ${this.shown}">
        ${this.shown === "roll" ? nothing : html`<section class="score-pane" tabindex="0" aria-label="Engraved score">
          ${!version ? html`<div class="quiet" role="status">${this.complete === Infinity ? "" : this.complete ? `${this.complete} of ${piece.bars.length} bars written` : piece.notes.length ? "A first draft; the best of several is kept" : "The chords are planned; the melody follows"}</div>`
            : this.engravingError ? html`<div class="quiet" role="status">${this.engravingError}</div>`
            : html`<score-view .engraving=${this.engraving} .piece=${piece} .player=${this.player} .selection=${this.selection}
              .chosen=${new Set(this.chosenParts())} @choose-bars=${this.choose}></score-view>`}
        </section>`}
        ${this.shown === "score" ? nothing : html`<section class="roll-pane" aria-label="Piano roll">
          <piano-roll .piece=${piece} .player=${this.player} .selection=${this.selection} .locked=${this.locked} .zoom=${this.zoom}
            .complete=${this.complete} @choose-bars=${this.choose}></piano-roll>
        </section>`}
      </div>`;
  }

  private closeMenu = (event: Event): void => {
    if ((event.target as Element).closest(".menu-list button")) (event.currentTarget as HTMLDetailsElement).open = false;
  };

  private closeOutside = (event: Event): void => {
    const menu = event.target as HTMLDetailsElement;
    if (!menu.open) return;
    const list = menu.querySelector<HTMLElement>(".menu-list")!;
    list.classList.toggle("from-left", menu.getBoundingClientRect().right < list.offsetWidth);
    const close = (click: Event): void => {
      if (menu.contains(click.target as Node)) return;
      menu.open = false;
      document.removeEventListener("pointerdown", close);
    };
    document.addEventListener("pointerdown", close);
  };

  private mixer(piece: Piece) {
    const dark = document.documentElement.dataset.theme === "dark";
    return html`<ul class="mixer" aria-label="Parts">${piece.parts.map((part, index) => {
      const chosen = this.selection?.parts.has(index) ?? false;
      return html`<li class=${this.player.audible(index) ? "" : "silent"}>
        <button class="part ${chosen ? "on" : ""}" aria-pressed=${chosen} title="Select this part for a change" @click=${() => this.choosePart(index)}>
          <i style="background:${partColor(index, dark)}"></i>${part.name || `Part ${index + 1}`}</button>
        <button class="tiny" aria-pressed=${this.player.muted.has(index)} aria-label="Mute ${part.name}" title="Mute" @click=${() => this.toggle(this.player.muted, index)}>M</button>
        <button class="tiny" aria-pressed=${this.player.soloed.has(index)} aria-label="Solo ${part.name}" title="Solo" @click=${() => this.toggle(this.player.soloed, index)}>S</button>
        <button class="tiny" aria-pressed=${this.locked.has(index)} aria-label="Lock ${part.name}" title="Lock: changes do not affect this part"
          @click=${() => { const locked = new Set(this.locked); if (!locked.delete(index)) locked.add(index); this.locked = locked; }}>${icon(this.locked.has(index) ? "locked" : "unlocked")}</button></li>`;
    })}</ul>`;
  }

  private actions() {
    const s = this.selection, whole = this.locked.size > 0;
    const why = whole ? "Unlock all parts first: this changes the entire piece" : "";
    if (!s)
      return html`<div class="actions"><span class="hint">Select bars to change them.</span><span class="grow"></span>
        <button title="Add eight bars" @click=${() => this.work("continue", { bars: 8 })}>Continue 8 bars</button>
        <label class="inline">Vary <input type="range" min="0.1" max="1" step="0.1" .value=${String(this.amount)} aria-label="How much to vary"
          @input=${(event: Event) => { this.amount = Number((event.target as HTMLInputElement).value); }}/></label>
        <button ?disabled=${whole} title=${why} @click=${() => this.work("vary", { amount: this.amount })}>Vary ${Math.round(this.amount * 100)} %</button>
        <details class="menu-button" @toggle=${this.closeOutside} @click=${this.closeMenu}><summary class="button">More</summary><div class="menu-list wide">
          <form @submit=${(event: Event) => { event.preventDefault(); const add = new FormData(event.target as HTMLFormElement).get("add"); void this.work("accompany", { add }); }}>
            <label>Accompany with<input name="add" list="instrument-names" required placeholder="cello, piano"/></label><button>Accompany</button></form>
          <form @submit=${(event: Event) => { event.preventDefault(); const style = new FormData(event.target as HTMLFormElement).get("style"); void this.work("transfer", { style }); }}>
            <label>Change the style to<input name="style" list="style-names" required placeholder="mazurka"/></label><button ?disabled=${whole} title=${why}>Transfer</button></form>
          <button class="plain" @click=${() => this.work("reduce", { to: "piano" })}>Arrange for piano</button>
          <button class="plain" @click=${() => this.work("reduce", { to: "lead-sheet" })}>Write a lead sheet</button></div></details></div>`;
    const names = this.chosenParts().map((part) => this.piece!.parts[part].name);
    const chosen = regions(s), ranges = chosen.map(([first, last]) => (first === last ? `${first + 1}` : `${first + 1}–${last + 1}`)).join(", ");
    const bars = chosen.length === 1 && s.first === s.last ? `Bar ${ranges}` : `Bars ${ranges}`;
    return html`<div class="actions selected" role="toolbar" aria-label="Change the selection">
      <strong>${bars}</strong><span class="hint">${names.length === this.piece!.parts.length ? "all parts" : names.join(", ") || "all chosen parts are locked"}</span><span class="grow"></span>
      <button class="primary" ?disabled=${!names.length} title="R" @click=${() => this.regenerate()}>Regenerate</button>
      <label class="inline">Keep <select aria-label="Keep when regenerating" @change=${(event: Event) => { this.keep = (event.target as HTMLSelectElement).value; }}>
        ${[["", "nothing"], ["rhythm", "rhythm"], ["pitches", "pitches"]].map(([value, label]) => html`<option value=${value} ?selected=${value === this.keep}>${label}</option>`)}</select></label>
      <button title="Keep these bars selected and select others in addition" @click=${() => { this.selection = { ...s, added: chosen }; }}>Add region</button>
      <details class="menu-button" @toggle=${this.closeOutside} @click=${this.closeMenu}><summary class="button">More</summary><div class="menu-list wide">
        <form @submit=${(event: Event) => { event.preventDefault(); this.regenerate(this.takes); }}>
          <label>Takes to compare in blind tests<input name="takes" type="number" min="2" max="6" required .value=${String(this.takes)}
            @input=${(event: Event) => { this.takes = Number((event.target as HTMLInputElement).value); }}/></label><button ?disabled=${!names.length}>Write takes</button></form>
        <form @submit=${(event: Event) => { event.preventDefault(); const chords = new FormData(event.target as HTMLFormElement).get("chords"); void this.work("harmonize", { ...this.selected(), chords }); }}>
          <label>Harmonize with chords<input name="chords" placeholder="new ones"/></label><button ?disabled=${!names.length}>Harmonize</button></form>
        <button class="plain" ?disabled=${!names.length || chosen.length > 1} title=${chosen.length > 1 ? "Varies one region only" : ""} @click=${() => this.work("vary", { ...this.selected(), amount: this.amount })}>Vary ${Math.round(this.amount * 100)} %</button></div></details>
      <button @click=${() => this.player.play(secondsAt(this.piece!, this.piece!.bars[s.first].ticks))}>Play from here</button>
      <button @click=${() => { this.selection = null; }}>Clear</button></div>`;
  }

  private transport() {
    const player = this.player, playing = player.busy, ready = player.piece !== null;
    return html`<footer class="transport" aria-label="Playback">
      <button class="icon big" aria-label="To the start" @click=${() => player.seek(0)} ?disabled=${!ready}>${icon("start")}</button>
      <button class="play" aria-label=${playing ? "Pause" : "Play"} ?disabled=${!ready || player.state === "loading"}
        @click=${() => (playing ? player.pause() : void player.play())}>${player.state === "loading" ? "…" : icon(playing ? "pause" : "play")}</button>
      <span class="time num" .textContent=${clock(player.position)}></span>
      <input class="seek" type="range" min="0" max=${this.piece!.duration_s} step="0.1" .value=${String(player.position)} aria-label="Position in the piece" ?disabled=${!ready}
        @input=${(event: Event) => player.seek(Number((event.target as HTMLInputElement).value))}/>
      <span class="num">${clock(this.piece!.duration_s)}</span>
      ${this.shown === "score" ? nothing : html`<div class="segmented" role="group" aria-label="Size of the roll">
        <button class="icon" aria-label="Zoom out" title="Zoom out" @click=${() => { this.zoom = Math.max(0.25, this.zoom / 1.5); }}>−</button>
        <button class="icon" aria-label="Zoom in" title="Zoom in" @click=${() => { this.zoom = Math.min(12, this.zoom * 1.5); }}>+</button></div>`}
      ${this.ports === null ? html`<button class="small" @click=${() => this.findPorts()}>MIDI out</button>`
        : html`<select aria-label="MIDI output" @change=${this.choosePort}><option value="">Browser sound</option>
          ${this.ports.map((port) => html`<option value=${port.id}>${port.name}</option>`)}</select>`}
      ${player.state === "failed" ? html`<span class="warn" role="alert">${player.error}</span>` : nothing}
    </footer>`;
  }
}
