import { toast, undoLast } from "../store/toast";
import { t } from "../words/words";
import { Icon } from "./parts";

/** Where a dialog is open it speaks there: the page beneath is dimmed, and silent to a screen reader. */
export function Toast({ speaks }: { speaks: boolean }) {
  const shown = speaks ? toast.value : null;
  return (
    <div role="status" class={shown ? "toast" : "vh"}>
      {shown ? (
        <>
          <Icon name={shown.isProblem ? "warn" : "done"} />
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
