// The conversations: however many, only those in sight are in the page.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { problem } from "../store/desk";
import { go, openId, pathOf } from "../store/router";
import { closedCursor, hold, loaded, order, readClosed, release, tab } from "../store/tickets";
import { Mark } from "../ui/parts";
import { me } from "../store/session";
import { t } from "../words/words";
import { Row } from "./row";

const ROW = 72;
const BEYOND = 8;

export function Rows({ ids, name }: { ids: number[]; name: string }) {
  const list = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(900);
  useEffect(() => {
    const box = list.current;
    if (!box) return;
    const watch = new ResizeObserver(() => {
      height.value = box.clientHeight;
    });
    watch.observe(box);
    return () => {
      watch.disconnect();
    };
  }, []);
  const first = Math.max(0, Math.floor(top.value / ROW) - BEYOND);
  const last = Math.min(ids.length, Math.ceil((top.value + height.value) / ROW) + BEYOND);
  const look = () => {
    const box = list.current;
    if (!box) return;
    // By whole rows: between two, nothing is drawn again.
    top.value = Math.floor(box.scrollTop / ROW) * ROW;
    if (tab.peek() === "closed" && box.scrollTop + 2 * box.clientHeight > box.scrollHeight && closedCursor.peek()) void readClosed();
  };
  return (
    <div
      class="rows"
      ref={list}
      tabIndex={0}
      role="group"
      aria-label={name}
      onScroll={look}
      onPointerMove={hold}
      onPointerLeave={release}
      onKeyDown={(event) => { steer(event, ids, list.current); }}
      onFocus={(event) => {
        if (event.target === list.current) focusRow(ids, openId.peek() ?? ids[0] ?? 0, list.current);
      }}
    >
      <ul style={{ paddingBlockStart: `${String(first * ROW)}px`, paddingBlockEnd: `${String((ids.length - last) * ROW)}px` }}>
        {ids.slice(first, last).map((id) => (
          <Row key={id} id={id} />
        ))}
      </ul>
    </div>
  );
}

function steer(event: KeyboardEvent, ids: number[], list: HTMLElement | null): void {
  const current = Number((document.activeElement as HTMLElement | null)?.dataset["id"] ?? 0);
  const at = ids.indexOf(current);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: ids.length - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const id = ids[Math.max(0, Math.min(ids.length - 1, to))];
  if (id !== undefined) focusRow(ids, id, list);
}

/** Put the focus on a row, and the row into sight first: it may not be in the page. */
function focusRow(ids: number[], id: number, list: HTMLElement | null): void {
  if (!list) return;
  hold();
  const y = ids.indexOf(id) * ROW;
  if (y < list.scrollTop) list.scrollTop = y;
  else if (y + ROW > list.scrollTop + list.clientHeight) list.scrollTop = y + ROW - list.clientHeight;
  requestAnimationFrame(() => {
    requestAnimationFrame(() => list.querySelector<HTMLElement>(`[data-id="${String(id)}"]`)?.focus({ preventScroll: true }));
  });
}

export function ConversationList() {
  if (!loaded.value) {
    return problem.value ? <div class="rows quiet" role="status"><div class="emp"><p>{t("error.away")}</p></div></div> : <Skeleton />;
  }
  const ids = order.value;
  if (ids.length > 0) return <Rows ids={ids} name={t("list.name")} />;
  return (
    <div class="rows quiet">
      <div class="emp">
        <Mark size="big" />
        <h2>{tab.value === "closed" ? t("quiet.closed") : t("quiet.title")}</h2>
        <p>{tab.value === "closed" ? t("quiet.closedHint") : me.value?.presence === "online" ? t("quiet.hint") : t("quiet.away")}</p>
      </div>
    </div>
  );
}

function Skeleton() {
  return (
    <ul class="rows skel" aria-busy="true" aria-label={t("list.loading")}>
      {Array.from({ length: 9 }, (_, at) => (
        <li class="row sk" key={at}>
          <span class="sav" />
          <span class="rb">
            <span class="sb w60" />
            <span class="sb w80" />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Step through the list without leaving where one is. */
export function step(by: 1 | -1): void {
  const ids = order.peek();
  const at = ids.indexOf(openId.peek() ?? 0);
  const id = ids[Math.max(0, Math.min(ids.length - 1, at + by))];
  if (id !== undefined) go(pathOf(id));
}
