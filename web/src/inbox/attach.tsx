// Files before they go: what is seen, what is said below it, what is too large.

import { signal, useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { NewMessage } from "../api/types";
import { send } from "../store/outbox";
import { mostBytes } from "../store/routes";
import { Dialog } from "../ui/dialog";
import { Icon, IconButton } from "../ui/parts";
import { size } from "../words/format";
import { t } from "../words/words";

export const attaching = signal<{ ticket: number; files: File[] } | null>(null);

export function attach(ticket: number, files: Iterable<File>): void {
  const chosen = [...files];
  if (chosen.length) attaching.value = { ticket, files: [...(attaching.peek()?.files ?? []), ...chosen] };
}

export function kindOf(file: File): NonNullable<NewMessage["kind"]> {
  if (/^image\/(jpeg|png)$/.test(file.type)) return "image";
  if (/^video\/(mp4|3gpp)$/.test(file.type)) return "video";
  if (/^audio\/(aac|mp4|mpeg|amr|ogg)/.test(file.type)) return "audio";
  return "document";
}

export function AttachDialog({ customer }: { customer: string }) {
  const at = useSignal(0);
  const caption = useSignal("");
  const more = useRef<HTMLInputElement>(null);
  const chosen = attaching.value;
  if (!chosen) return null;
  const { ticket, files } = chosen;
  const file = files[Math.min(at.value, files.length - 1)];
  const close = () => {
    attaching.value = null;
    at.value = 0;
    caption.value = "";
  };
  const tooLarge = files.find((one) => one.size > mostBytes(kindOf(one), ticket));
  const submit = () => {
    if (tooLarge) return;
    files.forEach((one, index) => {
      const text = index === 0 ? caption.peek().trim() : "";
      send(ticket, { kind: kindOf(one), ...(text ? { text } : {}) }, { blob: one, name: one.name });
    });
    close();
  };
  return (
    <Dialog
      title={t("attach.title", { name: customer })}
      cls="att"
      close={close}
      footer={
        <>
          <div class="ta">
            <textarea
              autofocus
              rows={1}
              placeholder={t("attach.caption")}
              aria-label={t("attach.caption")}
              value={caption.value}
              maxLength={1024}
              onInput={(event) => { caption.value = event.currentTarget.value; }}
              onKeyDown={(event) => {
                if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
                  event.preventDefault();
                  submit();
                }
              }}
            />
          </div>
          <button type="button" class="sendb" aria-label={t("do.send")} disabled={Boolean(tooLarge)} onClick={submit}>
            <Icon name="send" flip />
          </button>
        </>
      }
    >
      <div class="big">{file ? <Preview file={file} /> : null}</div>
      {tooLarge ? (
        <p class="err" role="alert">
          <Icon name="warn" />
          {t("attach.tooLarge", { size: size(mostBytes(kindOf(tooLarge), ticket)) })}
        </p>
      ) : null}
      <div class="strip">
        {files.map((one, index) => (
          <button key={`${one.name}${String(index)}`} type="button" class={index === at.value ? "on" : ""} aria-label={one.name} aria-pressed={index === at.value} onClick={() => { at.value = index; }}>
            <Small file={one} />
          </button>
        ))}
        <IconButton icon="plus" name={t("attach.more")} onClick={() => more.current?.click()} />
        <input ref={more} type="file" multiple hidden onChange={(event) => { attach(ticket, event.currentTarget.files ?? []); }} />
      </div>
    </Dialog>
  );
}

/** An address for what is not sent yet. */
function useAddress(file: File): Signal<string> {
  const url = useSignal("");
  useEffect(() => {
    const made = URL.createObjectURL(file);
    url.value = made;
    return () => {
      URL.revokeObjectURL(made);
    };
  }, [file]);
  return url;
}

function Small({ file }: { file: File }) {
  const url = useAddress(file);
  const kind = kindOf(file);
  if (kind === "image" && url.value) return <img class="rx" src={url.value} alt="" />;
  return <Icon name={kind === "video" ? "play" : "doc"} />;
}

function Preview({ file }: { file: File }) {
  const url = useAddress(file);
  if (kindOf(file) === "image" && url.value) return <img class="rx" src={url.value} alt={file.name} />;
  if (kindOf(file) === "video" && url.value) return <video class="vid" src={url.value} controls aria-label={file.name}><track kind="captions" /></video>;
  return (
    <div class="docu">
      <span class="di">
        <Icon name="doc" />
      </span>
      <span class="dn">
        <bdi dir="auto">{file.name}</bdi>
        <small>
          <bdi dir="ltr">{size(file.size)}</bdi>
        </small>
      </span>
    </div>
  );
}
