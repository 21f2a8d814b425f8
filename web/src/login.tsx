// Signing in.

import { useSignal } from "@preact/signals";

import { Away, Refused } from "./api/client";
import { askToNotify } from "./store/notify";
import { endedBy, signIn } from "./store/session";
import { change, settings, type Settings } from "./store/settings";
import { CodeField } from "./ui/code";
import { Icon, IconButton, Mark } from "./ui/parts";
import { t } from "./words/words";

export function Login() {
  const name = useSignal("");
  const password = useSignal("");
  const shown = useSignal(false);
  const code = useSignal("");
  const codeWanted = useSignal(false);
  const busy = useSignal(false);
  const wrong = useSignal<unknown>(null);
  // Chosen at the door it stands above what one chose before.
  const picked = useSignal<Settings["language"] | null>(null);
  const pick = (language: Settings["language"]) => {
    picked.value = language;
    change({ language });
  };
  const submit = async () => {
    busy.value = true;
    wrong.value = null;
    try {
      await signIn(name.peek().trim(), password.peek(), codeWanted.peek() ? code.peek() : null);
      if (picked.peek()) change({ language: picked.peek() ?? "ar" });
      void askToNotify();
    } catch (error) {
      code.value = "";
      const asked = error instanceof Refused && error.kind === "code-wanted";
      // With a code or without, a wrong password is where one starts again.
      if (asked || isWrong(error)) codeWanted.value = asked;
      wrong.value = asked ? null : error;
    } finally {
      busy.value = false;
    }
  };
  const back = () => {
    codeWanted.value = false;
    wrong.value = null;
    code.value = password.value = "";
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
            {codeWanted.value ? (
              <CodeField value={code} recovery focus />
            ) : (
              <>
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
              </>
            )}
            {wrong.value ? (
              <div class="bn red" role="alert">
                <Icon name="warn" />
                <div><p>{why(wrong.value)}</p></div>
              </div>
            ) : null}
            <button class="btn pri wide" type="submit" disabled={busy.value}>{t("auth.signIn")}</button>
            {codeWanted.value ? <button class="btn ghost wide" type="button" onClick={back}>{t("do.back")}</button> : null}
          </form>
          <p class="alt">{t(codeWanted.value ? "auth.lostPhone" : "auth.forgot")}</p>
        </div>
        <footer>
          <Icon name="globe" />
          <button type="button" class="lnk" lang="ar" onClick={() => { pick("ar"); }}>العربية</button>
          <span>·</span>
          <button type="button" class="lnk" lang="en" onClick={() => { pick("en"); }}>English</button>
        </footer>
      </section>
      <aside class="lg2" aria-hidden="true">
        <Girih />
      </aside>
    </main>
  );
}

function isWrong(error: unknown): boolean {
  return error instanceof Refused && error.kind === "sign-in-refused";
}

function why(error: unknown): string {
  if (isWrong(error)) return t("auth.wrong");
  if (error instanceof Refused) return error.words(settings.peek().language);
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
