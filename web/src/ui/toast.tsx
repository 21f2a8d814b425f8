import { toast, undoLast } from "../store/toast";
import { t } from "../words/words";
import { Icon } from "./parts";

export function Toast() {
  const shown = toast.value;
  return (
    <div role="status" class={shown ? "toast" : "vh"}>
      {shown ? (
        <>
          <Icon name="done" />
          <span>{shown.words}</span>
          {shown.undo ? (
            <button type="button" class="lnk" onClick={undoLast}>
              {t("do.undo")}
            </button>
          ) : null}
        </>
      ) : null}
    </div>
  );
}
