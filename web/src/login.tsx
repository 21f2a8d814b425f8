// Signing in.

import { useSignal } from "@preact/signals";

import { Away, Refused } from "./api/client";
import { askToNotify } from "./store/notify";
import { endedBy, signIn } from "./store/session";
import { change, settings } from "./store/settings";
import { Icon, IconButton, Mark } from "./ui/parts";
import { t } from "./words/words";

export function Login() {
  const name = useSignal("");
  const password = useSignal("");
  const shown = useSignal(false);
  const busy = useSignal(false);
  const wrong = useSignal<unknown>(null);
  const submit = async () => {
    busy.value = true;
    wrong.value = null;
    try {
      await signIn(name.peek().trim(), password.peek());
      void askToNotify();
    } catch (error) {
      wrong.value = error;
    } finally {
      busy.value = false;
    }
  };
  return (
    <main class="view login">
      <section class="lg1">
        <div class="lgf">
          <Mark size="xl" />
          <h1>{t("app.name")}</h1>
          <p class="mut">{t("app.about")}</p>
          <form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
            {endedBy.value ? <div class="bn blu" role="status">{t("auth.ended")}</div> : null}
            <label class="fld">
              <span>{t("auth.name")}</span>
              <input class="inp" dir="auto" autoComplete="username" autoCapitalize="none" required value={name.value} onInput={(event) => { name.value = event.currentTarget.value; }} />
            </label>
            <label class="fld">
              <span>{t("auth.password")}</span>
              <span class="pw">
                <input class="inp" type={(shown.value ? "text" : "password") as "text"} dir="ltr" autoComplete="current-password" required value={password.value} onInput={(event) => { password.value = event.currentTarget.value; }} />
                <IconButton icon="eye" small name={shown.value ? t("auth.hide") : t("auth.show")} onClick={() => { shown.value = !shown.value; }} />
              </span>
            </label>
            {wrong.value ? (
              <div class="bn red" role="alert">
                <Icon name="warn" />
                <div><p>{why(wrong.value)}</p></div>
              </div>
            ) : null}
            <button class="btn pri wide" type="submit" disabled={busy.value}>{t("auth.signIn")}</button>
          </form>
          <p class="alt">{t("auth.forgot")}</p>
        </div>
        <footer>
          <Icon name="globe" />
          <button type="button" class="lnk" lang="ar" onClick={() => { change({ language: "ar" }); }}>العربية</button>
          <span>·</span>
          <button type="button" class="lnk" lang="en" onClick={() => { change({ language: "en" }); }}>English</button>
        </footer>
      </section>
      <aside class="lg2" aria-hidden="true">
        <Girih />
      </aside>
    </main>
  );
}

function why(error: unknown): string {
  if (error instanceof Refused) return error.status === 401 ? t("auth.wrong") : error.words(settings.peek().language);
  if (error instanceof Away) return t("error.away");
  throw error;
}

function Girih() {
  return (
    <svg viewBox="0 0 600 800" preserveAspectRatio="xMidYMid slice">
      <defs>
        <pattern id="gir" width="120" height="120" patternUnits="userSpaceOnUse">
          <g fill="none" stroke="currentColor" stroke-width="1.6">
            <path d="M60.0 0.0L77.6 17.6L102.4 17.6L102.4 42.4L120.0 60.0L102.4 77.6L102.4 102.4L77.6 102.4L60.0 120.0L42.4 102.4L17.6 102.4L17.6 77.6L0.0 60.0L17.6 42.4L17.6 17.6L42.4 17.6z" />
            <path d="M60.0 24.0L70.5 34.5L85.5 34.5L85.5 49.5L96.0 60.0L85.5 70.5L85.5 85.5L70.5 85.5L60.0 96.0L49.5 85.5L34.5 85.5L34.5 70.5L24.0 60.0L34.5 49.5L34.5 34.5L49.5 34.5z" opacity=".55" />
          </g>
        </pattern>
      </defs>
      <rect width="600" height="800" fill="url(#gir)" />
    </svg>
  );
}
