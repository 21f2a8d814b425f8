// A voice note: recorded here, heard before it goes only if one wants, never sent by mistake.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { warn } from "../store/toast";
import { Icon, IconButton } from "../ui/parts";
import { length } from "../words/format";
import { t } from "../words/words";

// WhatsApp shows Opus in Ogg as a voice note; what else a browser records, the server knows.
const TYPES = ["audio/ogg;codecs=opus", "audio/mp4", "audio/webm;codecs=opus"];

export function canRecord(): boolean {
  return typeof MediaRecorder !== "undefined" && "mediaDevices" in navigator;
}

export function Recorder({ record, done }: { record: (blob: Blob, name: string) => void; done: () => void }) {
  const seconds = useSignal(0);
  const recorder = useRef<MediaRecorder | null>(null);
  const keeps = useRef(false);
  useEffect(() => {
    let gone = false;
    const timer = setInterval(() => { if (recorder.current) seconds.value += 1; }, 1000);
    void begin(() => gone, (blob, type) => {
      if (keeps.current && blob.size) record(blob, `voice.${type.includes("ogg") ? "ogg" : type.includes("mp4") ? "m4a" : "webm"}`);
      done();
    }).then((made) => {
      recorder.current = made;
    }, () => {
      warn(t("record.refused"));
      done();
    });
    return () => {
      gone = true;
      clearInterval(timer);
      if (recorder.current?.state === "recording") recorder.current.stop();
    };
  }, []);
  const stop = (keep: boolean) => {
    keeps.current = keep;
    if (recorder.current) recorder.current.stop();
    else done();
  };
  return (
    <div class="cr rec">
      <IconButton icon="trash" name={t("record.drop")} onClick={() => { stop(false); }} />
      <span class="recs" role="timer">
        <i class="dot live" />
        {t("record.on")} <bdi dir="ltr">{length(seconds.value * 1000)}</bdi>
      </span>
      <button type="button" class="sendb" aria-label={t("do.send")} onClick={() => { stop(true); }}>
        <Icon name="send" flip />
      </button>
    </div>
  );
}

async function begin(isGone: () => boolean, ended: (blob: Blob, type: string) => void): Promise<MediaRecorder | null> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const quit = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  if (isGone()) {
    quit();
    return null;
  }
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one)) ?? "";
  const recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
  const parts: Blob[] = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.onstop = () => {
    quit();
    const found = (recorder.mimeType || type).split(";")[0] ?? "";
    ended(new Blob(parts, { type: found }), found);
  };
  recorder.start();
  return recorder;
}
