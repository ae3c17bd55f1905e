/** Plays a piece in the browser: SpessaSynth with the server's soundfont, scheduled ahead of time. */

import { WorkletSynthesizer } from "spessasynth_lib";
import processor from "spessasynth_lib/dist/spessasynth_processor.min.js?url";
import { secondsAt, type Piece } from "./model";

const AHEAD_S = 0.15;
const STEP_MS = 30;
const DRUMS = 9;
const RESUME_S = 2; // music that must have been composed before playback goes on

interface Timed { at: number; end: number; part: number; pitch: number; velocity: number }

function timed(piece: Piece, notes: Piece["notes"]): Timed[] {
  return notes.map(([part, start, length, pitch, velocity]) => ({
    at: secondsAt(piece, start), end: secondsAt(piece, start + length), part, pitch, velocity,
  })).sort((a, b) => a.at - b.at);
}

export class Player extends EventTarget {
  piece: Piece | null = null;
  readonly muted = new Set<number>();
  readonly soloed = new Set<number>();
  /** "waiting": plays on when more of the piece has been composed. */
  state: "empty" | "loading" | "ready" | "playing" | "waiting" | "failed" = "empty";
  error = "";
  /** MIDI port that plays instead of the synthesizer. */
  output: MIDIOutput | null = null;
  private context?: AudioContext;
  private synth?: WorkletSynthesizer;
  private gain?: GainNode;
  private meter?: AnalyserNode;
  private opening?: Promise<void>;
  private notes: Timed[] = [];
  private known = Infinity; // seconds of the piece that have been composed
  private channels: number[] = [];
  private next = 0;
  private offset = 0;
  private started = 0;
  private timer = 0;

  /** Loads another piece, or the same one with more notes, and keeps the position. */
  load(piece: Piece | null, keepPlace = false): void {
    const place = keepPlace ? this.position : 0, wasPlaying = this.busy;
    if (wasPlaying) this.halt();
    this.piece = piece;
    this.known = Infinity;
    this.notes = piece ? timed(piece, piece.notes) : [];
    this.offset = Math.min(place, piece?.duration_s ?? 0);
    if (this.synth && piece) this.setInstruments();
    if (wasPlaying && keepPlace && piece) this.start(); else this.tell();
  }

  /** Appends notes while the piece plays. */
  extend(piece: Piece, added: Piece["notes"]): void {
    this.piece = piece;
    this.notes.push(...timed(piece, added));
    this.tell();
  }

  /** Replaces the piece by what is known of it by now, without a break: the first `known` seconds are complete. */
  follow(piece: Piece, known: number): void {
    const last = this.notes[this.next - 1]?.at ?? -1;
    this.piece = piece;
    this.known = known;
    this.notes = timed(piece, piece.notes);
    this.next = this.notes.findIndex((note) => note.at > last + 1e-6);
    if (this.next < 0) this.next = this.notes.length;
    if (this.state === "waiting" && (known >= this.offset + RESUME_S || known >= piece.duration_s)) this.start(); else this.tell();
  }

  /** Whether it plays, or would if more were composed. */
  get busy(): boolean { return this.state === "playing" || this.state === "waiting"; }

  /** Seconds from the start of the piece. */
  get position(): number {
    if (this.state !== "playing" || !this.context) return this.offset;
    return Math.min(Math.max(this.offset, this.offset + this.context.currentTime - this.started), this.piece?.duration_s ?? 0);
  }

  /** Plays to a MIDI port, or with the synthesizer again. */
  setOutput(output: MIDIOutput | null): void {
    this.pause();
    this.output = output;
    if (this.synth) this.setInstruments();
    this.tell();
  }

  audible(part: number): boolean {
    return this.soloed.size ? this.soloed.has(part) : !this.muted.has(part);
  }

  /** Current peak level, 0 to 1. */
  level(): number {
    if (!this.meter) return 0;
    const samples = new Float32Array(this.meter.fftSize);
    this.meter.getFloatTimeDomainData(samples);
    return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  }

  async play(from?: number): Promise<void> {
    if (!this.piece) return;
    try {
      await this.open();
      await this.context!.resume();
    } catch (error) {
      this.state = "failed";
      this.error = `The browser cannot play sound: ${error instanceof Error ? error.message : error}`;
      this.tell();
      return;
    }
    if (!this.piece) return; // it went away meanwhile
    if (this.busy) this.halt();
    this.offset = from ?? this.offset;
    if (this.offset >= this.piece.duration_s - 0.05) this.offset = 0;
    this.start();
  }

  pause(): void {
    if (!this.busy) return;
    this.halt();
    this.tell();
  }

  seek(seconds: number): void {
    const place = Math.max(0, Math.min(seconds, this.known, this.piece?.duration_s ?? 0));
    if (this.busy) { this.halt(); this.offset = place; this.start(); } else { this.offset = place; this.tell(); }
  }

  /** Preloads the synthesizer and the soundfont. */
  open(): Promise<void> {
    this.opening ??= this.build().catch((error) => { this.opening = undefined; throw error; });
    return this.opening;
  }

  private async build(): Promise<void> {
    this.state = "loading";
    this.tell();
    const context = new AudioContext({ latencyHint: "playback" });
    const [font] = await Promise.all([
      fetch("/api/soundfont").then((answer) => {
        if (!answer.ok) throw new Error("no soundfont found; add one with `cantilena soundfonts add`");
        return answer.arrayBuffer();
      }),
      context.audioWorklet.addModule(processor),
    ]);
    const synth = new WorkletSynthesizer(context);
    await synth.soundBankManager.addSoundBank(font, "main");
    await synth.isReady;
    this.gain = new GainNode(context, { gain: 1 });
    this.meter = new AnalyserNode(context, { fftSize: 2048 });
    synth.connect(this.gain);
    this.gain.connect(this.meter);
    this.meter.connect(context.destination);
    this.context = context;
    this.synth = synth;
    this.state = "ready";
    this.setInstruments();
    this.tell();
  }

  private setInstruments(): void {
    let channel = 0;
    this.channels = (this.piece?.parts ?? []).map((part) => {
      if (part.is_drum) return DRUMS;
      if (channel % 16 === DRUMS) channel++; // every sixteenth channel from there plays drums, or lands on them at a port
      while (channel >= this.synth!.channelCount) this.synth!.addNewChannel();
      this.synth!.programChange(channel, part.program);
      if (channel < 16) this.output?.send([0xc0 | channel, part.program]);
      return channel++;
    });
  }

  private start(): void {
    const now = this.context!.currentTime;
    this.started = now + 0.06;
    this.gain!.gain.cancelScheduledValues(now);
    this.gain!.gain.setValueAtTime(1, this.started - 0.01);
    this.next = this.notes.findIndex((note) => note.at >= this.offset - 1e-6);
    if (this.next < 0) this.next = this.notes.length;
    this.state = "playing";
    this.timer = window.setInterval(() => this.step(), STEP_MS);
    this.step();
    this.tell();
  }

  private halt(): void {
    const place = this.position, now = this.context!.currentTime;
    window.clearInterval(this.timer);
    this.offset = place;
    this.state = "ready";
    this.gain!.gain.setValueAtTime(this.gain!.gain.value, now);
    this.gain!.gain.linearRampToValueAtTime(0, now + 0.03);
    this.synth!.stopAll(true);
    if (this.output) {
      (this.output as MIDIOutput & { clear?(): void }).clear?.();
      for (let channel = 0; channel < 16; channel++) this.output.send([0xb0 | channel, 123, 0]);
    }
  }

  private step(): void {
    const now = this.context!.currentTime, until = Math.min(this.known, this.offset + now + AHEAD_S - this.started);
    while (this.next < this.notes.length && this.notes[this.next].at < until) {
      const note = this.notes[this.next++];
      if (!this.audible(note.part)) continue;
      const channel = this.channels[note.part], at = this.started + note.at - this.offset;
      if (this.output) {
        const port = channel % 16, clock = performance.now() - now * 1000;
        this.output.send([0x90 | port, note.pitch, note.velocity], clock + at * 1000);
        this.output.send([0x80 | port, note.pitch, 0], clock + (this.started + Math.max(note.at + 0.04, note.end - 0.01) - this.offset) * 1000);
        continue;
      }
      this.synth!.noteOn(channel, note.pitch, note.velocity, { time: at });
      this.synth!.noteOff(channel, note.pitch, { time: this.started + Math.max(note.at + 0.04, note.end - 0.01) - this.offset });
    }
    if (this.position >= this.known) {
      this.halt();
      this.offset = this.known;
      this.state = "waiting";
      this.tell();
    } else if (now - this.started + this.offset >= (this.piece?.duration_s ?? 0) + 0.5) {
      window.clearInterval(this.timer);
      this.state = "ready";
      this.offset = 0;
      this.tell();
    }
  }

  private tell(): void { this.dispatchEvent(new Event("change")); }
}
