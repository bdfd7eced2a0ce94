/* Elements: made by name, their text always as text. */

const SVG = "http://www.w3.org/2000/svg";

function h(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== ""));
  return element;
}

/* Returns a foreign text in a line, with the mark of foreign text; its direction stays within it. */
function foreign(text, limit = LINE_MOST) {
  return h("bdi", { class: "foreign" }, clean(text, { oneLine: true, limit }));
}

/* Returns a foreign text of several lines. */
function foreignBlock(text) {
  return h("div", { class: "foreign block", dir: "auto" }, clean(text));
}

/* Returns a value of JSON as foreign text: a switch is yes or no, a list its items. */
function foreignValue(value) {
  return foreignBlock(valueText(value));
}

function valueText(value) {
  if (value === true || value === false) return value ? "yes" : "no";
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(valueText).join(", ") || "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/* Returns a list of names and values; without any, nothing. */
function pairs(rows, name = "pairs") {
  const shown = rows.filter((row) => row && row[1] !== null && row[1] !== "" && row[1] !== undefined);
  return shown.length ? h("dl", { class: name }, shown.map(([title, value]) => h("div", {}, h("dt", {}, title), h("dd", {}, value)))) : null;
}

function code(text) {
  return h("code", {}, text);
}

function number(value) {
  return value.toLocaleString("en-US");
}

function plural(count, word, many = `${word}s`) {
  return `${number(count)} ${count === 1 ? word : many}`;
}

function percent(part, whole) {
  return whole ? `${Math.round(part / whole * 100)} %` : "\u2013";
}

function timeText(at, seconds = true) {
  if (at === null || Number.isNaN(at)) return "unknown";
  const text = new Date(at).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, seconds ? 19 : 16)}`;
}

/* Returns a length of time in its two largest units. */
function spanText(seconds) {
  if (seconds === null) return "\u2013";
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const index = Math.max(0, units.findIndex(([size]) => seconds >= size));
  if (seconds < 1) return "under 1 s";
  const [size, name] = units[index];
  const rest = units[index + 1];
  const more = rest && index < 2 ? Math.floor(seconds % size / rest[0]) : 0;
  return `${Math.floor(seconds / size)} ${name}${more ? ` ${more} ${rest[1]}` : ""}`;
}

function confidenceText(confidence) {
  if (confidence === null) return "";
  return confidence >= 0 && confidence <= 1 ? `${Math.round(confidence * 100)} %` : String(confidence);
}
