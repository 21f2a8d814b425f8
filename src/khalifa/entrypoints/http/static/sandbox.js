// The sandbox page: a customer's phone, played by whoever looks at it.

import { Away, get, newKey, post, Refused } from "./api.js";
import { showMessages } from "./bubbles.js";
import { h, icon, mark, reconcile } from "./dom.js";
import { around, contentOf } from "./kinds.js";
import { hue, initial, phone as readable } from "./format.js";
import { switchLanguage, t } from "./words.js";

const EVERY_MS = 1000;
const MANY = 20;
const ADDED = "khalifa.sandbox.added";
const GIVEN = [
  { phone: "201012345678", name: "أم يوسف" },
  { phone: "201005550142", name: "Nour Hassan" },
  { phone: "201227654321", name: "محمد عبد الفتاح" },
];
const FAILURES = [
  ["refuse_next", "sandbox.refuse", "sandbox.refuseHint"],
  ["no_answer", "sandbox.silent", "sandbox.silentHint"],
  ["late_receipts", "sandbox.late", null],
];

const state = {
  customers: GIVEN,
  selected: GIVEN[0].phone,
  messages: [],
  typing: false,
  unsent: [],
  failures: {},
  adding: false,
  trouble: null,
};

// --- what the page is made of ---

const view = {
  customers: h("ul", { class: "rows2" }),
  adding: h("div"),
  name: h("b", {}, t("sandbox.business")),
  account: h("small", {}, t("sandbox.account")),
  messages: h("ol", { class: "msgs", tabindex: "0", "aria-label": t("conv.messages") }),
  text: h("textarea", { rows: "1", placeholder: t("sandbox.message"), "aria-label": t("sandbox.customerMessage"), maxlength: "4096" }),
  switches: h("div"),
  trouble: h("div", { role: "status" }),
};

function page() {
  const send = h("button", { type: "submit", class: "sendb", "aria-label": t("compose.send") }, icon("send", true));
  view.text.addEventListener("input", () => aim(view.text));
  view.text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    write();
  });
  return [
    h(
      "main",
      { class: "page" },
      h(
        "header",
        { class: "ph0" },
        h("div", {}, h("h1", {}, t("sandbox.title")), h("p", {}, t("sandbox.about"))),
        h("span", { class: "sp" }),
        h("button", { type: "button", class: "btn plain", "aria-label": t("app.otherLanguage"), onclick: switchLanguage }, icon("globe"), h("span", {}, t("app.otherLanguage"))),
        h("a", { class: "btn ghost", href: "/", target: "khalifa-desk" }, icon("chat"), t("sandbox.desk")),
      ),
      view.trouble,
      h(
        "div",
        { class: "sbx" },
        h(
          "section",
          { class: "card who2" },
          h("h2", {}, t("sandbox.customers"),
            h("button", { type: "button", class: "ib sm", "aria-label": t("sandbox.newCustomer"), title: t("sandbox.newCustomer"), onclick: startAdding }, icon("plus"))),
          view.customers,
          view.adding,
        ),
        h(
          "div",
          { class: "phone" },
          h(
            "div",
            { class: "pscr" },
            h("header", {}, h("span", { class: "av s36" }, mark("tiny")),
              h("span", {}, view.name, view.account)),
            view.messages,
            h("form", { class: "phc", onsubmit: (event) => { event.preventDefault(); write(); } },
              h("div", { class: "ta" }, view.text), send),
          ),
        ),
        h(
          "section",
          { class: "card tools" },
          h("h2", {}, t("sandbox.failures")),
          view.switches,
          h("div", { class: "fb" },
            h("button", { type: "button", class: "btn ghost", onclick: writeMany }, icon("bolt"), t("sandbox.many"))),
        ),
      ),
    ),
  ];
}

// --- showing ---

function showCustomers() {
  reconcile(view.customers, state.customers, {
    key: (one) => one.phone,
    look: (one) => `${one.name}|${one.phone === state.selected}`,
    draw: (one) => {
      const name = one.name ?? readable(one.phone);
      return h(
        "li",
        {},
        h(
          "button",
          { type: "button", "aria-current": one.phone === state.selected && "true", onclick: () => select(one.phone) },
          h("span", { class: `av s32 ${hue(one.phone)}`, "aria-hidden": "true" }, initial(one.name) ?? icon("person")),
          h("span", { class: "nn" }, h("b", { dir: "auto" }, name),
            h("small", {}, h("bdi", { dir: "ltr" }, readable(one.phone)))),
        ),
      );
    },
  });
}

function showPhone() {
  view.account.textContent = t(state.typing ? "sandbox.typing" : "sandbox.account");
  const list = view.messages;
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const shown = [
    ...state.messages.map((message) => ({
      key: message.id,
      ours: !message.from_us,
      at: new Date(message.at),
      text: message.text,
      status: message.from_us ? null : message.status,
      kind: message.kind,
      content: message.content,
      reactions: message.reactions,
      quoted: state.messages.find((one) => one.id === message.reply_to)?.text,
      look: `${message.reactions}`,
    })),
    ...state.unsent.filter((one) => one.phone === state.selected)
      .map((one) => ({ ...one, ours: true, status: "queued" })),
  ];
  if (shown.length) {
    showMessages(list, shown, { more: (message) => ({ ...around(message), inside: contentOf(message) }) });
  } else {
    reconcile(list, ["empty"], { key: String, look: String, draw: () => h("li", { class: "ev" }, t("sandbox.empty")) });
  }
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function showSwitches() {
  reconcile(view.switches, FAILURES, {
    key: ([name]) => name,
    look: ([name]) => String(state.failures[name]),
    draw: ([name, words, hint]) =>
      h(
        "div",
        { class: "srow" },
        h("div", {}, h("b", { id: `${name}-words` }, t(words)), hint && h("small", {}, t(hint))),
        h("button", { type: "button", class: "tgl", role: "switch", "aria-checked": String(Boolean(state.failures[name])), "aria-labelledby": `${name}-words`, onclick: () => toggle(name) }, h("i")),
      ),
  });
}

function showTrouble() {
  reconcile(view.trouble, state.trouble ? [state.trouble] : [], {
    key: String,
    look: String,
    draw: (words) =>
      h("div", { class: "bn amb" }, icon("warn"), h("p", {}, words, " ",
        words === t("sandbox.signIn") && h("a", { class: "lnk", href: "/" }, t("auth.signIn")))),
  });
}

/** Give the text field the direction of what is in it; an empty one has the page's. */
function aim(field) {
  if (field.value) field.dir = "auto";
  else field.removeAttribute("dir");
}

// --- doing ---

function select(phone) {
  state.selected = phone;
  state.messages = [];
  showCustomers();
  showPhone();
  look();
  if (matchMedia("(min-width: 721px)").matches) view.text.focus();
}

const nameOf = (phone) => state.customers.find((one) => one.phone === phone)?.name ?? readable(phone);

async function say(text, phone = state.selected) {
  const unsent = { key: newKey(), phone, text, at: new Date() };
  state.unsent.push(unsent);
  showPhone();
  try {
    await post(`/api/sandbox/phones/${phone}/messages`, { name: nameOf(phone), text });
    settle(null);
    await look();
  } catch (error) {
    settle(error);
    state.trouble ??= t("sandbox.notSent");
    showTrouble();
    if (!view.text.value && phone === state.selected) view.text.value = text;
  } finally {
    state.unsent = state.unsent.filter((one) => one !== unsent);
    showPhone();
  }
}

function write() {
  const text = view.text.value;
  if (!text.trim()) return;
  view.text.value = "";
  aim(view.text);
  say(text);
}

async function writeMany() {
  const phone = state.selected;
  // One after the other, so that they are said in their order.
  for (let n = 1; n <= MANY; n += 1) {
    await post(`/api/sandbox/phones/${phone}/messages`, { name: nameOf(phone), text: t("sandbox.oneOfMany", { n }) }).catch(settle);
  }
  look();
}

async function toggle(name) {
  state.failures = { ...state.failures, [name]: !state.failures[name] };
  showSwitches();
  try {
    state.failures = await post("/api/sandbox/scenario", { [name]: state.failures[name] });
    settle(null);
  } catch (error) {
    settle(error);
  }
  showSwitches();
}

function startAdding() {
  if (state.adding) return;
  state.adding = true;
  const phone = h("input", { class: "inp", type: "tel", dir: "ltr", placeholder: "01012345678", autocomplete: "off", maxlength: "32" });
  const name = h("input", { class: "inp", autocomplete: "off", maxlength: "100" });
  const wrong = h("p", { class: "err", role: "alert" });
  const form = h(
    "form",
    {
      class: "adding",
      onsubmit: async (event) => {
        event.preventDefault();
        wrong.textContent = await add(phone.value, name.value.trim());
        if (!wrong.textContent) stop();
      },
      onkeydown: (event) => { if (event.key === "Escape") stop(); },
    },
    h("label", { class: "fld" }, t("sandbox.phone"), phone),
    h("label", { class: "fld" }, t("sandbox.name"), name),
    wrong,
    h("div", { class: "fb" },
      h("button", { type: "submit", class: "btn pri" }, t("sandbox.add")),
      h("button", { type: "button", class: "btn plain", onclick: () => stop() }, t("app.cancel"))),
  );
  const stop = () => { state.adding = false; form.remove(); };
  view.adding.append(form);
  phone.focus();
}

/** Add a customer; return what is wrong, empty when nothing is. */
async function add(number, name) {
  if (!number.trim()) return t("sandbox.badPhone");
  if (!name) return t("sandbox.badName");
  try {
    const { phone } = await get(`/api/sandbox/phones/${encodeURIComponent(number.trim())}/messages`);
    remember({ phone, name });
    know([{ phone, name }]);
    select(phone);
    return "";
  } catch (error) {
    if (error instanceof Refused && (error.status === 422 || error.status === 404)) return t("sandbox.badPhone");
    settle(error);
    return state.trouble;
  }
}

function added() {
  try {
    return JSON.parse(localStorage.getItem(ADDED)) ?? [];
  } catch {
    return [];
  }
}

function remember(customer) {
  try {
    const others = added().filter((one) => one.phone !== customer.phone);
    localStorage.setItem(ADDED, JSON.stringify([...others, customer].slice(-50)));
  } catch {
    // Then it is here until the page is left.
  }
}

/** Take *customers* into the list; the order of the list stays. */
function know(customers) {
  const known = new Map(state.customers.map((one) => [one.phone, one]));
  for (const one of customers) known.set(one.phone, { phone: one.phone, name: one.name ?? known.get(one.phone)?.name ?? null });
  state.customers = [...known.values()];
}

// --- looking ---

/** Note how the last question went: null when well. */
function settle(error) {
  if (error === null) state.trouble = null;
  else if (error instanceof Refused && error.status === 401) state.trouble = t("sandbox.signIn");
  else if (error instanceof Away || error.status === 502) state.trouble = t("sandbox.away");
  showTrouble();
}

async function look() {
  const phone = state.selected;
  try {
    const [{ items, typing }, { items: customers, scenario }] = await Promise.all([
      get(`/api/sandbox/phones/${phone}/messages`),
      get("/api/sandbox/phones"),
    ]);
    settle(null);
    know(customers);
    state.failures = scenario;
    if (phone === state.selected) Object.assign(state, { messages: items, typing });
  } catch (error) {
    settle(error);
  }
  showCustomers();
  showSwitches();
  showPhone();
}

async function keepLooking() {
  for (;;) {
    if (!document.hidden) await look();
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}

document.title = t("sandbox.title");
document.body.replaceChildren(...page());
know(added());
showCustomers();
showSwitches();
showPhone();
keepLooking();
