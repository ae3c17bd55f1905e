/** The versions of the project as a tree: parents above their children. */

import { LitElement, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Version } from "./model";

@customElement("version-tree")
export class VersionTree extends LitElement {
  @property({ attribute: false }) versions: Version[] = [];
  @property() current = "";

  createRenderRoot() { return this; }

  render() {
    if (!this.versions.length) return html`<p class="hint">Every piece and every change is stored here.</p>`;
    const known = new Set(this.versions.map((version) => version.id));
    const roots = this.versions.filter((version) => !version.parent || !known.has(version.parent)).reverse();
    return html`<ul class="tree" aria-label="Versions">${roots.map((version) => this.branch(version))}</ul>`;
  }

  private branch(version: Version): TemplateResult {
    const children = this.versions.filter((other) => other.parent === version.id);
    return html`<li><button class="plain version ${version.id === this.current ? "on" : ""}" aria-current=${version.id === this.current}
        @click=${() => this.dispatchEvent(new CustomEvent("open-version", { detail: version }))}>
        <span>${describe(version)}</span><small>${new Date(version.created).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}</small></button>
      ${children.length ? html`<ul>${children.map((child) => this.branch(child))}</ul>` : ""}</li>`;
  }
}

/** A short description of a version. */
export function describe(version: Version): string {
  const o = version.options, names: Record<string, string> = {
    compose: version.title, upload: `File: ${version.title}`, continue: `Continued by ${o.bars ?? 8} bars`, infill: `Bars ${o.bars}${partsOf(version)}`,
    harmonize: `Bars ${o.bars} harmonized`,
    accompany: `With ${o.add}`, vary: `Varied ${Math.round(Number(o.amount ?? 0.5) * 100)} %${o.bars ? `, bars ${o.bars}` : ""}`, transfer: `As ${o.style}`,
    live: `Live, ${version.bars} bars`, reduce: o.to === "lead-sheet" ? "Lead sheet" : "Piano arrangement",
  };
  return names[version.verb] ?? version.verb;
}

function partsOf(version: Version): string {
  const parts = (version.options.parts as number[] | undefined) ?? [];
  if (!parts.length || parts.length === version.parts.length) return "";
  return `, ${parts.map((part) => version.parts[part - 1]).join(", ")}`;
}
