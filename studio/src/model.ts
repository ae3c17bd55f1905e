/** Data from the server, and time in a piece. There are 480 ticks per quarter note. */

export interface Part { name: string; program: number; is_drum: boolean }
export interface Bar { ticks: number; start_s: number; meter: string }
/** Part, start in ticks, length in ticks, MIDI pitch, velocity. */
export type Note = [number, number, number, number, number];

export interface Frame {
  title: string;
  key: string | null;
  end_ticks: number;
  duration_s: number;
  parts: Part[];
  bars: Bar[];
  tempos: { ticks: number; qpm: number }[];
  chords: { ticks: number; text: string }[];
  markers: { ticks: number; text: string }[];
}
export interface Piece extends Frame { notes: Note[] }

export interface Version {
  id: string;
  created: string;
  parent: string | null;
  verb: string;
  options: Record<string, unknown>;
  title: string;
  bars: number;
  duration_s: number;
  parts: string[];
  key: string | null;
}

export interface Job {
  id: string;
  verb: string;
  version: string | null;
  options: Record<string, unknown>;
  state: "queued" | "running" | "done" | "failed" | "canceled";
  progress: number;
  result: { version?: Version; file?: string; [name: string]: unknown } | null;
  error: { status: number; message: string } | null;
}

export interface Engraving { pages: string[]; timemap: [number, string[], string[], string][] }

export interface Tables {
  moods: { name: string; valence: number; arousal: number }[];
  styles: { name: string; title: string; kind: string; description: string }[];
  composers: { name: string; title: string; era: string }[];
  ensembles: { name: string; parts: string[] }[];
  forms: { name: string; description: string }[];
  instruments: string[];
  meters: string[];
  ranges: Record<string, [number, number]>;
}

/** Bars from `first` to `last` (from 0, inclusive), added regions of bars, and parts (none: all). */
export interface Selection { first: number; last: number; parts: Set<number>; added?: [number, number][] }

/** The regions of a selection in order; regions that touch are joined. */
export function regions(s: Selection): [number, number][] {
  const all = [...(s.added ?? []), [s.first, s.last] as [number, number]].sort((a, b) => a[0] - b[0]), joined: [number, number][] = [];
  for (const [first, last] of all) {
    const before = joined.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last); else joined.push([first, last]);
  }
  return joined;
}

export const TICKS = 480;

/** Seconds from the start of the piece, as written. */
export function secondsAt(piece: Frame, ticks: number): number {
  let seconds = 0;
  const tempos = piece.tempos;
  for (let i = 0; i < tempos.length; i++) {
    const start = i ? tempos[i].ticks : 0;
    const end = i + 1 < tempos.length ? tempos[i + 1].ticks : Infinity;
    if (ticks <= start) break;
    seconds += ((Math.min(ticks, end) - start) * 60) / (TICKS * tempos[i].qpm);
  }
  return seconds;
}

/** Ticks at a number of seconds, as written. */
export function ticksAt(piece: Frame, seconds: number): number {
  let left = seconds;
  const tempos = piece.tempos;
  for (let i = 0; i < tempos.length; i++) {
    const start = i ? tempos[i].ticks : 0;
    const end = i + 1 < tempos.length ? tempos[i + 1].ticks : Infinity;
    const length = ((end - start) * 60) / (TICKS * tempos[i].qpm);
    if (left <= length) return start + (left * TICKS * tempos[i].qpm) / 60;
    left -= length;
  }
  return piece.end_ticks;
}

/** What identifies a note while a piece is written: part, start and pitch; its length may grow. */
export const keyOf = ([part, start, , pitch]: Note): string => `${part} ${start} ${pitch}`;

/** Whether two pieces have the same notes, apart from lengths and velocities. */
export function sameNotes(one: Piece, other: Piece): boolean {
  const keys = new Set(one.notes.map(keyOf)), others = new Set(other.notes.map(keyOf));
  return keys.size === others.size && [...keys].every((key) => others.has(key));
}

/** Index of the bar that contains a tick. */
export function barAt(piece: Frame, ticks: number): number {
  let low = 0, high = piece.bars.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (piece.bars[middle].ticks <= ticks) low = middle; else high = middle - 1;
  }
  return low;
}

export function barEnd(piece: Frame, bar: number): number {
  return bar + 1 < piece.bars.length ? piece.bars[bar + 1].ticks : piece.end_ticks;
}

export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Colors of the parts, readable on light and dark backgrounds. */
export function partColor(part: number, dark: boolean): string {
  const hue = (196 + part * 137.5) % 360;
  return dark ? `hsl(${hue} 62% 66%)` : `hsl(${hue} 68% 38%)`;
}
