// The agents' desk.

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/inbox.css";
import "./styles/bubbles.css";
import "./styles/widths.css";

import { effect } from "@preact/signals";
import { render } from "preact";

import { App } from "./app";
import { work } from "./store/desk";
import { watchLastMinutes } from "./store/notify";
import { watchTitle } from "./store/title";
import { readMe } from "./store/session";
import { Away } from "./api/client";

const AGAIN_MS = 2000;

function begin(): void {
  readMe().catch((error: unknown) => {
    if (!(error instanceof Away)) throw error;
    setTimeout(begin, AGAIN_MS);
  });
}

const root = document.createElement("div");
root.id = "root";
document.body.append(root);
render(<App />, root);
effect(watchTitle);
effect(watchLastMinutes);
work();
begin();
