// The API's own description, as a page. Asks nobody but this server.

const VERBS = ["get", "post", "put", "patch", "delete"];

function make(tag, text, attributes = {}) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function json(value) {
  return make("pre", JSON.stringify(value, null, 2));
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  const several = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (several) return several.map(typeOf).filter(Boolean).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  return [schema.type].flat().join(" or ");
}

function table(rows) {
  const shown = make("table");
  for (const cells of rows) {
    const row = make("tr");
    cells.forEach((cell, place) => {
      const box = make("td");
      box.append(place === 0 ? make("code", cell) : cell ?? "");
      row.append(box);
    });
    shown.append(row);
  }
  return shown;
}

function contentsOf(holder) {
  return Object.values(holder?.content ?? {});
}

function examplesOf(content) {
  return Object.entries(content.examples ?? {}).filter(([, example]) => example.value !== undefined);
}

function operation(verb, path, described, errors) {
  const box = make("details", "", { id: described.operationId });
  const summary = make("summary");
  summary.append(
    make("span", verb.toUpperCase(), { class: "verb" }),
    make("code", path),
    make("span", described.summary, { class: "quiet" }),
  );
  box.append(summary);
  if (described.description) box.append(make("p", described.description));
  if (described.parameters?.length) {
    box.append(make("h3", "Parameters"));
    box.append(table(described.parameters.map((one) => [one.name, `${one.in} · ${typeOf(one.schema)}`, one.description])));
  }
  for (const content of contentsOf(described.requestBody)) {
    box.append(make("h3", `Body · ${typeOf(content.schema)}`));
    for (const [, example] of examplesOf(content)) box.append(json(example.value));
  }
  for (const [status, answer] of Object.entries(described.responses ?? {})) {
    box.append(make("h3", `${status} · ${answer.description ?? ""}`));
    for (const content of contentsOf(answer)) {
      for (const [name, example] of examplesOf(content)) {
        if (example.value?.type?.startsWith("/docs/errors")) errors.set(name, example);
        else box.append(json(example.value));
      }
      if (!examplesOf(content).length) box.append(make("p", typeOf(content.schema), { class: "quiet" }));
    }
  }
  return box;
}

function show(api) {
  const page = document.querySelector("main");
  const groups = new Map();
  const errors = new Map();
  for (const [path, verbs] of Object.entries(api.paths)) {
    for (const verb of VERBS.filter((one) => verbs[one])) {
      const tag = verbs[verb].tags?.[0] ?? "Other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operation(verb, path, verbs[verb], errors));
    }
  }
  for (const [tag, operations] of groups) page.append(make("h2", tag), ...operations);

  page.append(make("h2", "Things"));
  for (const [name, schema] of Object.entries(api.components?.schemas ?? {})) {
    const box = make("details");
    const summary = make("summary");
    summary.append(make("code", name));
    box.append(summary);
    if (schema.description) box.append(make("p", schema.description));
    const rows = Object.entries(schema.properties ?? {});
    box.append(table(rows.map(([field, one]) => [field, typeOf(one), one.description])));
    if (schema.enum) box.append(make("p", typeOf(schema)));
    page.append(box);
  }

  page.append(make("h2", "Errors", { id: "errors" }));
  for (const [name, example] of errors) {
    const box = make("details", "", { id: example.value.type.split("#")[1] ?? name });
    const summary = make("summary");
    summary.append(make("span", String(example.value.status), { class: "verb" }), make("span", example.value.title));
    box.append(summary, json(example.value));
    page.append(box);
  }
  const wanted = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  if (wanted) {
    wanted.open = true;
    wanted.scrollIntoView();
  } else if (location.pathname.endsWith("/errors")) {
    document.getElementById("errors").scrollIntoView();
  }
}

const answer = await fetch("/docs/openapi.json");
show(await answer.json());
