/** Requests to the server. */

import type { Engraving, Frame, Job, Note, Piece, Tables, Version } from "./model";

/** Status of a job that the user canceled. */
export const STOPPED = 499;

export class Refused extends Error {
  constructor(readonly status: number, message: string) { super(message); }
}

async function call<T>(path: string, init?: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`/api/${path}`, init);
  } catch {
    throw new Refused(0, "The server does not answer. Start it again with `cantilena studio`.");
  }
  if (!answer.ok) {
    const detail = (await answer.json().catch(() => null))?.detail;
    throw new Refused(answer.status, typeof detail === "string" ? detail : `The server refused the request (${answer.status}).`);
  }
  return answer.json() as Promise<T>;
}

const json = (body: unknown): RequestInit => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const tables = () => call<Tables>("tables");
export const versions = () => call<Version[]>("versions");
export const piece = (id: string) => call<Piece>(`versions/${id}/files/score.json`);
export const engraving = (id: string, file: string) => call<Engraving>(`versions/${id}/files/${file}`);
export const ask = (verb: string, version: string | null, options: Record<string, unknown>) =>
  call<Job>("jobs", json({ verb, version, options }));
export const cancel = (id: string) => call<Job>(`jobs/${id}`, { method: "DELETE" });
export const rate = (preferred: string, other: string) => call<unknown>("ratings", json({ preferred, other }));
export const understand = (text: string) =>
  call<{ understood: [string, string][]; lines: string[] }>("prompt", json({ text }));
export const upload = (file: File) =>
  call<Job>(`uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });

/** Waits for a job to end; throws if it failed. */
export async function result(job: Job): Promise<NonNullable<Job["result"]>> {
  let now = job;
  while (now.state === "queued" || now.state === "running") now = await call<Job>(`jobs/${job.id}?wait_s=30`);
  if (now.state !== "done" || !now.result) throw new Refused(now.error?.status ?? 0, now.error?.message ?? "The job failed.");
  return now.result;
}

/** Notes that are new or have grown; a frame starts over, and with 0 complete bars they are a draft. */
export interface Bars { job: string; complete: number; plays: boolean; notes: Note[]; frame?: Frame }

export interface LiveState {
  session: string; running: boolean; phrases: number;
  audience: { address?: string; qr?: string; open: boolean; voters: number; mean: [number, number] | null };
}
export interface Phrase {
  session: string; index: number; first_bar: number; bars: number; frame: Frame; notes: Note[]; mood: [number, number]; voters: number;
}
export const live = () => call<LiveState>("live");
export const startLive = (options: { ensemble: string; style: string; valence: number; arousal: number }) => call<LiveState>("live", json(options));
export const tellLive = (news: { playing?: number; mood?: [number, number] }) => call<LiveState>("live/news", json(news));
export const stopLive = () => call<LiveState>("live", { method: "DELETE" });
export const keepLive = (bars: number) => call<Job>(`live/keep?bars=${bars}`, { method: "POST" });
export const openVote = (open: boolean) => call<LiveState>(`live/audience?open=${open}`, { method: "POST" });

export interface Listeners {
  phrase(phrase: Phrase): void;
  live(news: { session: string; error: { message: string } | null }): void;
  job(job: Job): void;
  progress(news: { job: string; progress: number }): void;
  bars(news: Bars): void;
  version(version: Version): void;
  connected(is: boolean): void;
}

/** Follows the events of the server; the browser reconnects automatically. */
export function follow(listeners: Listeners): EventSource {
  const stream = new EventSource("/api/events");
  for (const kind of ["job", "progress", "bars", "version", "phrase", "live"] as const)
    stream.addEventListener(kind, (event) => listeners[kind](JSON.parse((event as MessageEvent<string>).data)));
  stream.onopen = () => listeners.connected(true);
  stream.onerror = () => listeners.connected(false);
  return stream;
}
