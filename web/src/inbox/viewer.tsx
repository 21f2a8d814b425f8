// A photo as large as the screen: Esc closes it, a click makes it larger still.

import { signal, useSignal } from "@preact/signals";

import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/parts";
import { t } from "../words/words";

export const view = signal<{ url: string; name: string | null } | null>(null);

export function Viewer() {
  const zoomed = useSignal(false);
  const photo = view.value;
  if (!photo) return null;
  const close = () => {
    zoomed.value = false;
    view.value = null;
  };
  return (
    <Dialog
      title={t("kind.image")}
      cls="viewer"
      close={close}
      footer={
        <a class="btn ghost" href={photo.url} download={photo.name ?? "photo"}>
          <Icon name="down" />
          {t("media.download")}
        </a>
      }
    >
      <button type="button" class={zoomed.value ? "zoom in" : "zoom"} aria-label={zoomed.value ? t("media.smaller") : t("media.larger")} onClick={() => { zoomed.value = !zoomed.value; }}>
        <img src={photo.url} alt="" />
      </button>
    </Dialog>
  );
}
