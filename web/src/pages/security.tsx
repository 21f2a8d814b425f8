// One's own password, the second step, and where one is signed in.

import { useSignal } from "@preact/signals";

import { post } from "../api/client";
import { problemWords, show } from "../store/toast";
import { Icon } from "../ui/parts";
import { t } from "../words/words";
import { SessionList } from "./sessions";
import { TwoStep } from "./two_step";

const LEAST = 8;
const MOST = 200;

export default function Security() {
  const current = useSignal("");
  const next = useSignal("");
  const wrong = useSignal("");
  const changed = useSignal(0);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await post("/api/me/password", { current: current.peek(), new: next.peek() });
      current.value = next.value = wrong.value = "";
      changed.value += 1;
      show(t("security.changed"));
    } catch (error) {
      wrong.value = problemWords(error);
    }
  };
  return (
    <div>
      <section class="card">
        <h2>{t("security.password")}</h2>
        <form class="flds" onSubmit={(event) => void submit(event)}>
          <label class="fld">
            <span>{t("security.current")}</span>
            <input class="inp" type="password" required autocomplete="current-password" value={current.value} onInput={(event) => { current.value = event.currentTarget.value; }} />
          </label>
          <label class="fld">
            <span>{t("security.new", { least: LEAST })}</span>
            <input class="inp" type="password" required minLength={LEAST} maxLength={MOST} autocomplete="new-password" value={next.value} onInput={(event) => { next.value = event.currentTarget.value; }} />
          </label>
          {wrong.value ? <p class="err" role="alert"><Icon name="warn" />{wrong.value}</p> : null}
          <p class="hint">{t("security.hint")}</p>
          <div><button type="submit" class="btn pri">{t("security.change")}</button></div>
        </form>
      </section>
      <TwoStep />
      <section class="card">
        <h2>{t("security.sessions")}</h2>
        <SessionList key={changed.value} path="/api/me/sessions" />
      </section>
    </div>
  );
}
