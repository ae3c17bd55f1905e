/** Blind comparison of two versions; the preference is stored. */

import { LitElement, html } from "lit";
import { customElement, state } from "lit/decorators.js";
import * as api from "./api";
import { icon } from "./icons";
import type { Piece, Version } from "./model";
import type { Player } from "./player";
import { describe } from "./version-tree";

@customElement("compare-dialog")
export class CompareDialog extends LitElement {
  @state() private versions: Version[] = [];
  @state() private heard = new Set<number>();
  @state() private playing = -1;
  @state() private chosen = -1;
  private pieces: Piece[] = [];
  private player?: Player;
  private done?: (kept: Version | null) => void;

  createRenderRoot() { return this; }

  /** Lets the user listen to both and resolves with the preferred one, or `null` if none was chosen. */
  async compare(one: Version, other: Version, player: Player): Promise<Version | null> {
    this.versions = Math.random() < 0.5 ? [one, other] : [other, one];
    this.pieces = await Promise.all(this.versions.map((version) => api.piece(version.id)));
    this.player = player;
    this.heard = new Set();
    this.chosen = this.playing = -1;
    await this.updateComplete;
    this.querySelector("dialog")!.showModal();
    return new Promise((resolve) => { this.done = resolve; });
  }

  private async hear(index: number): Promise<void> {
    const place = this.player!.state === "playing" ? this.player!.position : 0;
    if (this.playing !== index || this.player!.state !== "playing") {
      this.player!.pause();
      this.player!.load(this.pieces[index]);
      await this.player!.play(Math.min(place, this.pieces[index].duration_s - 0.1));
    } else this.player!.pause();
    this.playing = this.player!.state === "playing" ? index : -1;
    this.heard = new Set([...this.heard, index]);
  }

  private async prefer(index: number): Promise<void> {
    this.player!.pause();
    this.playing = -1;
    this.chosen = index;
    await api.rate(this.versions[index].id, this.versions[1 - index].id).catch(() => undefined);
  }

  private close = (): void => {
    this.player?.pause();
    this.done?.(this.chosen >= 0 ? this.versions[this.chosen] : null);
    this.done = undefined;
  };

  render() {
    return html`<dialog aria-labelledby="compare-title" @close=${this.close}>
      <h2 id="compare-title">Which do you prefer?</h2>
      <p class="hint">Both start at the same place. What you choose is kept in the project.</p>
      <div class="pair">${this.versions.map((version, index) => html`<div class="candidate ${this.chosen === index ? "on" : ""}">
        <b>${"AB"[index]}</b>
        <button class="play" aria-label="${this.playing === index ? "Pause" : "Play"} ${"AB"[index]}" @click=${() => this.hear(index)}>${icon(this.playing === index ? "pause" : "play")}</button>
        ${this.chosen < 0 ? html`<button ?disabled=${this.heard.size < 2} title=${this.heard.size < 2 ? "Listen to both first" : ""} @click=${() => this.prefer(index)}>I prefer ${"AB"[index]}</button>`
          : html`<span class="hint">${describe(version)}</span>`}</div>`)}</div>
      <div class="row"><span class="grow"></span><button class=${this.chosen < 0 ? "" : "primary"} @click=${() => this.querySelector("dialog")!.close()}>${this.chosen < 0 ? "Cancel" : "Continue with this version"}</button></div>
    </dialog>`;
  }
}
