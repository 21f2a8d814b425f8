// Signing in.

import { Away, post } from "./api.js";
import { h, icon, mark } from "./dom.js";
import { switchLanguage, t } from "./words.js";

/** Show the sign-in page in *parent*; *words*, if any, say why. *done* is called once in. */
export function showLogin(parent, { words = "", done }) {
  const name = h("input", { class: "inp", name: "name", dir: "auto", autocomplete: "username", required: true, maxlength: "200", autocapitalize: "none", spellcheck: "false" });
  const password = h("input", { class: "inp", name: "password", type: "password", dir: "ltr", autocomplete: "current-password", required: true, maxlength: "1000" });
  const trouble = h("div", { role: "alert" });
  const enter = h("button", { class: "btn pri wide", type: "submit" }, t("auth.signIn"));
  const say = (text) => trouble.replaceChildren(...(text ? [h("div", { class: "bn red" }, icon("warn"), h("p", {}, text))] : []));

  async function signIn(event) {
    event.preventDefault();
    enter.disabled = true;
    try {
      await post("/api/auth/login", { name: name.value.trim(), password: password.value });
      done();
    } catch (error) {
      say(refusal(error));
      enter.disabled = false;
      password.select();
    }
  }

  parent.replaceChildren(
    h(
      "main",
      { class: "login" },
      h(
        "section",
        { class: "lg1" },
        h(
          "div",
          { class: "lgf" },
          mark("xl"),
          h("h1", {}, t("app.name")),
          h("p", { class: "mut" }, t("app.about")),
          h(
            "form",
            { onsubmit: signIn },
            h("label", { class: "fld" }, t("auth.name"), name),
            h("div", { class: "fld" }, h("label", { for: "password" }, t("auth.password")), h("span", { class: "pw" }, password, eye(password))),
            trouble,
            enter,
          ),
          h("p", { class: "alt" }, t("auth.forgot")),
        ),
        h("footer", {}, h("button", { type: "button", class: "btn plain", onclick: switchLanguage }, icon("globe"), t("app.otherLanguage"))),
      ),
      h("aside", { class: "lg2", "aria-hidden": "true" }),
    ),
  );
  password.id = "password";
  say(words);
  name.focus();
}

function eye(password) {
  const button = h("button", { type: "button", class: "ib sm" }, icon("eye"));
  const show = (shown) => {
    password.type = shown ? "text" : "password";
    button.title = t(shown ? "auth.hide" : "auth.show");
    button.setAttribute("aria-label", button.title);
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => show(password.type === "password"));
  show(false);
  return button;
}

function refusal(error) {
  if (error instanceof Away) return t("auth.away");
  if (error.status === 429) return t("auth.slow", { n: error.retryAfter });
  return t("auth.wrong");
}
