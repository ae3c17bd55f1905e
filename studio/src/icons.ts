/** Icons as SVG paths, independent of fonts. */

import { html, type TemplateResult } from "lit";

const PATHS: Record<string, string> = {
  play: "M7 4.5v15l12-7.5z", pause: "M6 5h4v14H6zM14 5h4v14h-4z", start: "M6 5h2.5v14H6zM19 5v14L9.5 12z",
  locked: "M7 10V8a5 5 0 0 1 10 0v2h1.5v10h-13V10zM9 10h6V8a3 3 0 0 0-6 0z", unlocked: "M7 10V8a5 5 0 0 1 9.8-1.4l-1.9.6A3 3 0 0 0 9 8v2h9.500v10h-13V10z",
  undo: "M9 5 4 10l5 5v-3.500h5a3 3 0 0 1 0 6H9v2.200h5a5.200 5.200 0 0 0 0-10.400H9z", redo: "m15 5 5 5-5 5v-3.500h-5a3 3 0 0 0 0 6h5v2.200h-5a5.200 5.200 0 0 1 0-10.400h5z",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z", sun: "M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10zM11 1.500h2v3h-2zM11 19.500h2v3h-2zM1.500 11h3v2h-3zM19.500 11h3v2h-3zM4 5.500 5.500 4l2 2L6 7.500zM16.500 18l1.500-1.500 2 2-1.500 1.500zM4 18.500l2-2L7.500 18l-2 2zM16.500 6l2-2L20 5.500l-2 2z",
  menu: "M3 6h18v2H3zM3 11h18v2H3zM3 16h18v2H3z",
};

export function icon(name: keyof typeof PATHS): TemplateResult {
  return html`<svg class="ico" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
