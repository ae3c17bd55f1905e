/** The compose panel: a prompt, the mood pad, and the options of a brief. */

import { LitElement, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Refused, understand } from "./api";
import type { Tables } from "./model";
import "./mood-pad";
import { moodOptions, type Point } from "./mood-pad";

const EXAMPLES = ["a calm piano nocturne, 16 bars", "a tense film cue for strings in D minor", "a cheerful ragtime at 100 bpm"];

@customElement("compose-panel")
export class ComposePanel extends LitElement {
  @property({ attribute: false }) tables: Tables | null = null;
  @property({ type: Boolean }) busy = false;
  @state() point: Point | null = null;
  @state() path: Point[] = [];
  @state() drawing = false;
  @state() interpretation: { understood: [string, string][]; lines: string[] } | null = null;
  private waiting = 0;

  createRenderRoot() { return this; }

  render() {
    const t = this.tables, range = (name: string) => t?.ranges[name] ?? [0, 1];
    const number = (name: string, label: string, step: number, hint = "") => html`<label>${label}
      <input name=${name} type="number" min=${range(name)[0]} max=${range(name)[1]} step=${step} placeholder=${hint || `${range(name)[0]}–${range(name)[1]}`}/></label>`;
    return html`<form class="card compose" @submit=${this.submit} @reset=${() => { this.point = null; this.path = []; this.interpretation = null; }}>
      <label class="prompt"><span>What do you want to hear?</span>
        <textarea name="prompt" rows="3" maxlength="2000" placeholder=${EXAMPLES[0]} @input=${this.typed} @keydown=${this.enter}></textarea></label>
      ${this.interpretation ? html`<p class="interpretation" aria-live="polite">
        ${this.interpretation.understood.map(([, meaning]) => html`<span class="chip">${meaning}</span>`)}
        ${this.interpretation.lines.slice(1).map((line) => html`<span class="remark">${line}</span>`)}</p>` : nothing}
      <div class="row submit"><button class="primary" type="submit" ?disabled=${!t}>${this.busy ? "Compose another" : "Compose"}</button>
        <label class="inline"><input type="checkbox" name="play" checked/> Play at once</label></div>
      <details open><summary>Mood <span class="hint">${this.path.length ? "a path over the piece" : this.point ? `${this.point.v.toFixed(1)} / ${this.point.a.toFixed(1)}` : "open"}</span></summary>
        <mood-pad .moods=${t?.moods ?? []} .point=${this.point} .path=${this.path} .drawing=${this.drawing}
          @mood=${(event: CustomEvent<{ point: Point | null; path: Point[] }>) => { this.point = event.detail.point; this.path = event.detail.path; }}></mood-pad>
        <div class="row"><label class="inline"><input type="checkbox" .checked=${this.drawing} @change=${(event: Event) => { this.drawing = (event.target as HTMLInputElement).checked; }}/> Draw a path over time</label>
          <span class="grow"></span><button type="button" class="small" ?disabled=${!this.point} @click=${() => { this.point = null; this.path = []; }}>Clear</button></div></details>
      <details><summary>Style, players, form</summary><div class="fields">
        <label>Style<input name="style" list="style-names" placeholder="any"/></label>
        <label>Ensemble<input name="ensemble" list="ensemble-names" placeholder="as the style has it"/></label>
        <label class="wide">Instruments<input name="instruments" list="instrument-names" placeholder="flute, acoustic guitar"/></label>
        <label>Key<input name="key" placeholder="D minor"/></label>
        <label>Meter<select name="meter"><option value="">any</option>${t?.meters.map((meter) => html`<option>${meter}</option>`)}</select></label>
        ${number("tempo", "Tempo", 1)}${number("bars", "Bars", 1)}${number("duration", "Seconds", 0.1)}
        <label>Form<input name="form" list="form-names" placeholder="AABA"/></label>
        <label class="wide">Chords<input name="chords" placeholder="Dm Gm A7 Dm"/></label>
        <label class="wide">Sections<input name="sections" placeholder="intro: no drums; chorus: +strings"/></label></div></details>
      <details><summary>Details</summary><div class="fields">
        ${number("density", "Density", 0.05)}${number("polyphony", "Polyphony", 0.5)}${number("scale", "On the scale", 0.05)}${number("intensity", "Mood intensity", 0.1)}
        ${number("seed", "Seed", 1, "drawn")}
        <label>Pieces<select name="count"><option value="1">one</option><option value="2">two, to compare</option></select></label></div></details>
      <datalist id="style-names">${t?.styles.map((row) => html`<option value=${row.name}>${row.description}</option>`)}${t?.composers.map((row) => html`<option value=${row.name}>${row.title}</option>`)}</datalist>
      <datalist id="ensemble-names">${t?.ensembles.map((row) => html`<option value=${row.name}>${row.parts.join(", ")}</option>`)}</datalist>
      <datalist id="form-names">${t?.forms.map((row) => html`<option value=${row.name}>${row.description}</option>`)}</datalist>
      <datalist id="instrument-names">${t?.instruments.map((name) => html`<option value=${name}></option>`)}</datalist>
    </form>`;
  }

  private typed = (event: Event): void => {
    const text = (event.target as HTMLTextAreaElement).value.trim();
    window.clearTimeout(this.waiting);
    this.waiting = window.setTimeout(async () => {
      this.interpretation = text ? await understand(text).catch((error) => (error instanceof Refused && error.status ? { understood: [], lines: ["", error.message] } : null)) : null;
    }, 350);
  };

  private enter = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.querySelector("form")!.requestSubmit(); }
  };

  private submit = (event: Event): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement, options: Record<string, unknown> = { ...moodOptions(this.point, this.path) };
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== "string" || value.trim() === "" || name === "play" || name === "count") continue;
      const input = form.elements.namedItem(name) as HTMLInputElement;
      options[name] = input.type === "number" ? Number(value) : value.trim();
    }
    const play = (form.elements.namedItem("play") as HTMLInputElement).checked;
    const count = Number((form.elements.namedItem("count") as HTMLSelectElement).value);
    this.dispatchEvent(new CustomEvent("compose", { detail: { options, play, count } }));
  };
}
