// The frame: the rail, the view, and what lies over them.

import { Suspense, lazy } from "./ui/lazy";
import { Inbox } from "./inbox/inbox";
import { Viewer } from "./inbox/viewer";
import { Keys } from "./keys";
import { Login } from "./login";
import { Offline } from "./offline";
import { Rail } from "./rail";
import { view } from "./store/router";
import { isAdmin, me } from "./store/session";
import { dialogs } from "./ui/dialog";
import { Toast } from "./ui/toast";
import { t } from "./words/words";

const Team = lazy(() => import("./pages/team"));
const Provider = lazy(() => import("./pages/provider"));
const Settings = lazy(() => import("./pages/settings"));
const Figures = lazy(() => import("./pages/figures"));
const Board = lazy(() => import("./pages/board"));

export function App() {
  if (me.value === undefined) return null;
  if (me.value === null) {
    return (
      <>
        <Login />
        <Toast speaks={dialogs.value === 0} />
      </>
    );
  }
  return (
    <>
      <Offline />
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>
        {t("skip")}
      </a>
      <div class="app">
        <Rail />
        <View />
      </div>
      <Keys />
      <Viewer />
      <Toast speaks={dialogs.value === 0} />
    </>
  );
}

function View() {
  switch (view.value) {
    case "settings":
      return <Suspense of={Settings} />;
    case "figures":
      return <Suspense of={Figures} />;
    case "board":
    case "team":
    case "provider":
      if (!isAdmin.value) return <main class="view page"><p class="bn blu">{t("error.forbidden")}</p></main>;
      return <Suspense of={view.value === "board" ? Board : view.value === "team" ? Team : Provider} />;
    default:
      return <Inbox />;
  }
}
