import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/inbox.css";
import "./styles/bubbles.css";
import "./styles/pages.css";
import "./styles/widths.css";
import "./styles/sandbox.css";

import { render } from "preact";

import { SandboxPhone } from "./sandbox/page";

const root = document.createElement("div");
root.id = "root";
document.body.append(root);
render(<SandboxPhone />, root);
