/** Report: requested and measured values, and passages shared with the training music. */

import { LitElement, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import * as api from "./api";
import type { Version } from "./model";

interface Entry { requested?: unknown; measured?: unknown; ok?: boolean | null; [name: string]: unknown }
interface Report { measured: Record<string, unknown>; requested: Record<string, Entry> | null; originality: string; prompt: { text: string } | null }

@customElement("report-dialog")
export class ReportDialog extends LitElement {
  @state() private report: Report | null = null;
  @state() private error = "";
  @state() private title_ = "";

  createRenderRoot() { return this; }

  async show(version: Version): Promise<void> {
    this.report = null;
    this.error = "";
    this.title_ = version.title;
    this.querySelector("dialog")!.showModal();
    try {
      this.report = (await api.result(await api.ask("inspect", version.id, {}))) as unknown as Report;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  render() {
    const r = this.report;
    return html`<dialog class="report" aria-labelledby="report-title"><h2 id="report-title">Report: ${this.title_}</h2>
      ${this.error ? html`<p class="message error" role="alert">${this.error}</p>` : r ? this.body(r) : html`<p class="quiet" role="status">Measuring …</p>`}
      <div class="row"><span class="grow"></span><button class="primary" @click=${() => this.querySelector("dialog")!.close()}>Close</button></div></dialog>`;
  }

  private body(r: Report) {
    const { quality, ...facts } = r.measured;
    const requested = Object.entries(r.requested ?? {}).filter(([, entry]) => entry && typeof entry === "object" && "requested" in entry && entry.requested !== null);
    return html`
      ${r.prompt ? html`<p>Prompt: <q>${r.prompt.text}</q></p>` : nothing}
      <p>${r.originality[0].toUpperCase() + r.originality.slice(1)}.</p>
      ${requested.length ? html`<h3>Requested and measured</h3><table><thead><tr><th>Control</th><th>Requested</th><th>Measured</th><th>Met</th></tr></thead><tbody>
        ${requested.map(([name, entry]) => html`<tr><th scope="row">${words(name)}</th><td>${text(entry.requested)}</td><td>${name === "programs" ? "" : text(entry.measured)}</td>
          <td class=${entry.ok === true ? "good" : entry.ok === false ? "bad" : ""}>${entry.ok === true ? "yes" : entry.ok === false ? "no" : "steered"}</td></tr>`)}</tbody></table>` : nothing}
      <h3>Measured</h3><table><tbody>${Object.entries(facts).map(([name, value]) => html`<tr><th scope="row">${words(name)}</th><td>${text(value)}</td></tr>`)}</tbody></table>
      <h3>Quality figures</h3><table><tbody>${Object.entries((quality as Record<string, unknown>) ?? {}).map(([name, value]) => html`<tr><th scope="row">${words(name)}</th><td>${text(value)}</td></tr>`)}</tbody></table>`;
  }
}

const words = (name: string): string => { const said = name.replaceAll("_", " ").replace(/ s$/, " (s)").replace(/ qpm$/, " (bpm)"); return said[0].toUpperCase() + said.slice(1); };
const text = (value: unknown): string => (value === null || value === undefined ? "–" : Array.isArray(value) ? value.map(text).join(", ")
  : typeof value === "object" ? Object.entries(value).map(([name, inner]) => `${name} ${text(inner)}`).join(", ")
  : typeof value === "number" ? String(Math.round(value * 1000) / 1000) : String(value));
