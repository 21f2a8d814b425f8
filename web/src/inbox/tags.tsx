// Tags, of a customer or a ticket: added by typing, removed by a press, and back again by Undo.

import { useSignal } from "@preact/signals";

import { show } from "../store/toast";
import { Icon } from "../ui/parts";
import { t } from "../words/words";

// By itself a browser does so only once in a page.
const focusOnce = (field: HTMLInputElement | null) => { if (field?.value === "") field.focus(); };

export function Tags({ tags, change }: { tags: string[]; change: (tags: string[]) => Promise<boolean> }) {
  const adding = useSignal(false);
  const add = (tag: string) => {
    adding.value = false;
    if (tag && !tags.includes(tag)) void change([...tags, tag]);
  };
  const remove = (tag: string) => {
    void change(tags.filter((one) => one !== tag)).then((done) => {
      if (done) show(t("customer.tagRemoved", { tag }), () => void change(tags));
    });
  };
  return (
    <span class="chips">
      {tags.map((tag) => (
        <button key={tag} type="button" class="chip" title={t("customer.removeTag", { tag })} aria-label={t("customer.removeTag", { tag })} onClick={() => { remove(tag); }}>
          <bdi dir="auto">{tag}</bdi>
        </button>
      ))}
      {adding.value ? (
        <input
          class="chip newtag"
          ref={focusOnce}
          maxLength={50}
          aria-label={t("customer.addTag")}
          onKeyDown={(event) => {
            if (event.key === "Enter") add(event.currentTarget.value.trim());
            else if (event.key === "Escape") adding.value = false;
            event.stopPropagation();
          }}
          onBlur={(event) => { add(event.currentTarget.value.trim()); }}
        />
      ) : (
        <button type="button" class="chip add" aria-label={t("customer.addTag")} onClick={() => { adding.value = true; }}>
          <Icon name="plus" />
        </button>
      )}
    </span>
  );
}
