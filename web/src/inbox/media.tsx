// Files in bubbles: photo, video, voice, document, sticker. Nothing of them is loaded unseen.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { Media } from "../api/types";
import { settings } from "../store/settings";
import { Icon } from "../ui/parts";
import { length, size } from "../words/format";
import { t } from "../words/words";
import { view } from "./viewer";

export interface FileView {
  url: string | null;
  thumbnail: string | null;
  mime: string;
  name: string | null;
  size: number | null;
  state: "waiting" | "ready" | "failed";
  /** Why it is not here. */
  why: string | null;
  /** How loud a voice note is over its time, 0 to 100. */
  waveform: number[] | null;
}

export function fileOf(media: Media): FileView {
  return {
    url: media.url,
    thumbnail: media.thumbnail_url ?? media.url,
    mime: media.mime_type ?? "",
    name: media.filename,
    size: media.size,
    state: media.status as FileView["state"],
    why: settings.value.language === "ar" ? (media.error_ar ?? media.error) : media.error,
    waveform: media.waveform,
  };
}

/** The file is not here: still on its way, or gone. */
function Missing({ file, icon, label }: { file: FileView; icon: string; label: string }) {
  return (
    <div class="docu">
      <span class="di">
        <Icon name={icon} />
      </span>
      <span class="dn">
        <span>{label}</span>
        <small dir="auto">{file.state === "failed" ? (file.why ?? t("media.failed")) : t("media.waiting")}</small>
      </span>
    </div>
  );
}

export function Photo({ file }: { file: FileView }) {
  const broken = useSignal(false);
  if (!file.thumbnail || broken.value) return <Missing file={file} icon="image" label={t("kind.image")} />;
  const { url, thumbnail } = file;
  return (
    <button type="button" class="ph" aria-label={t("media.openPhoto")} onClick={() => { view.value = { url: url ?? thumbnail, name: file.name }; }}>
      <img class="rx" src={thumbnail} alt="" loading="lazy" decoding="async" onError={() => { broken.value = true; }} />
    </button>
  );
}

export function Sticker({ file }: { file: FileView }) {
  if (!file.url) return <Missing file={file} icon="smile" label={t("kind.sticker")} />;
  return <img class="sticker" src={file.url} alt={t("kind.sticker")} loading="lazy" decoding="async" />;
}

export function Video({ file }: { file: FileView }) {
  if (!file.url) return <Missing file={file} icon="play" label={t("kind.video")} />;
  return (
    <video class="vid" controls preload="none" playsInline src={file.url} poster={file.thumbnail === file.url ? undefined : (file.thumbnail ?? undefined)} aria-label={t("kind.video")}>
      <track kind="captions" />
    </video>
  );
}

export function Document({ file }: { file: FileView }) {
  const name = file.name ?? t("kind.document");
  const dot = name.lastIndexOf(".");
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const end = (dot > 0 ? name.slice(dot + 1) : (file.mime.split("/")[1] ?? "")).slice(0, 5).toUpperCase();
  const label = (
    <>
      <span class="di">
        <Icon name="doc" />
        <b>{end}</b>
      </span>
      <span class="dn">
        <bdi dir="auto">{stem}</bdi>
        <small>
          {file.size ? <bdi dir="ltr">{size(file.size)}</bdi> : null}
          {file.state === "ready" ? null : ` ${file.state === "failed" ? (file.why ?? t("media.failed")) : t("media.waiting")}`}
        </small>
      </span>
    </>
  );
  if (!file.url) return <div class="docu">{label}</div>;
  return (
    <a class="docu" href={file.url} download={file.name ?? ""}>
      {label}
      <Icon name="down" />
    </a>
  );
}

const SPEEDS = [1, 1.5, 2];
const BARS = 48;

/** Where nobody measured the sound the wave is a line: it tells nothing that is not known. */
const UNKNOWN: readonly number[] = Array<number>(BARS).fill(0);

export function Voice({ file }: { file: FileView }) {
  const audio = useRef<HTMLAudioElement>(null);
  const at = useSignal(0);
  const whole = useSignal(0);
  const playing = useSignal(false);
  const speed = useSignal(1);
  useEffect(() => () => audio.current?.pause(), []);
  if (!file.url) return <Missing file={file} icon="mic" label={t("kind.voice")} />;
  const toggle = () => {
    const sound = audio.current;
    if (!sound) return;
    if (sound.paused) void sound.play().catch(() => { playing.value = false; });
    else sound.pause();
  };
  const seek = (to: number) => {
    const sound = audio.current;
    if (sound && Number.isFinite(sound.duration)) sound.currentTime = to * sound.duration;
  };
  const part = whole.value ? at.value / whole.value : 0;
  return (
    <div class="voice" dir="ltr">
      <audio
        ref={audio}
        src={file.url}
        preload="metadata"
        onPlay={() => { stopOthers(audio.current); playing.value = true; }}
        onPause={() => { playing.value = false; }}
        onTimeUpdate={() => { at.value = audio.current?.currentTime ?? 0; }}
        onDurationChange={() => { const found = audio.current?.duration ?? 0; whole.value = Number.isFinite(found) ? found : 0; }}
      />
      <button type="button" class="pl" aria-label={playing.value ? t("media.pause") : t("media.play")} onClick={toggle}>
        <Icon name={playing.value ? "pause" : "play"} />
      </button>
      <span class="seek">
        <svg class="wave" viewBox={`0 0 ${String(BARS * 4)} 28`} preserveAspectRatio="none" aria-hidden="true">
          {(file.waveform ?? UNKNOWN).map((loud, index) => {
            const high = 3 + loud / 4;
            return <rect key={index} x={index * 4} y={14 - high / 2} width="2.4" height={high} rx="1.2" class={index / BARS < part ? "on" : ""} />;
          })}
        </svg>
        <input type="range" min="0" max="1000" value={Math.round(part * 1000)} aria-label={t("media.seek")} onInput={(event) => { seek(Number(event.currentTarget.value) / 1000); }} />
      </span>
      <span class="du">{length((playing.value || at.value ? at.value : whole.value) * 1000)}</span>
      <button
        type="button"
        class="spd"
        aria-label={t("media.speed")}
        onClick={() => {
          speed.value = SPEEDS[(SPEEDS.indexOf(speed.value) + 1) % SPEEDS.length] ?? 1;
          if (audio.current) audio.current.playbackRate = speed.value;
        }}
      >
        {speed.value}×
      </button>
    </div>
  );
}

function stopOthers(mine: HTMLAudioElement | null): void {
  for (const other of document.querySelectorAll("audio")) if (other !== mine) other.pause();
}
