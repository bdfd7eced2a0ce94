/* The list of decisions, with filters and order. Rows are made as they come into view, all of them before printing. */

const ROWS_AT_ONCE = 100;
const ORDERS = {
  "newest first": (a, b) => b.settled.seq - a.settled.seq,
  "oldest first": (a, b) => a.settled.seq - b.settled.seq,
  "longest wait first": (a, b) => (b.waited ?? -1) - (a.waited ?? -1),
  "least confidence first": (a, b) => (a.confidence ?? 2) - (b.confidence ?? 2),
};

class DecisionList {
  constructor(rows) {
    this.rows = rows;
    this.shown = rows;
    this.made = 0;
    this.status = h("p", { role: "status", class: "count" });
    this.list = h("div", { class: "list" });
    this.more = h("button", { type: "button", onclick: () => this.extend() }, "Show more");
    this.all = h("button", { type: "button", onclick: () => this.extend(Infinity) }, "Show all");
    this.controls = this.filters();
    this.element = h("section", { class: "decisions", "aria-labelledby": "decisions" }, h("h2", { id: "decisions" }, "Decisions"), this.controls, this.status, this.list,
      h("p", { class: "more" }, this.more, " ", this.all));
    new IntersectionObserver((entries) => { if (entries.some((one) => one.isIntersecting) && this.made) this.extend(); }, { rootMargin: "600px" }).observe(this.more);
    this.controls.hidden = this.status.hidden = !rows.length;
    this.apply();
  }

  filters() {
    const options = (rows, key, name) => [...countBy(rows, key)].sort((a, b) => b[1] - a[1]).map(([value, count]) => h("option", { value }, `${name(value)} (${number(count)})`));
    const named = (value) => clean(value, { oneLine: true, limit: 60 }) || "not recorded";
    const change = () => this.apply();
    this.text = h("input", { type: "search", id: "f-text", oninput: change, autocomplete: "off", spellcheck: "false" });
    this.act = h("select", { id: "f-act", onchange: change }, h("option", { value: "" }, "any"), options(this.rows, (row) => row.act, (act) => `${ACTS[act].glyph} ${ACTS[act].word}`));
    this.who = h("select", { id: "f-who", onchange: change }, h("option", { value: "" }, "anyone"), options(this.rows, (row) => `=${row.who}`, (who) => named(who.slice(1))));
    this.project = h("select", { id: "f-project", onchange: change }, h("option", { value: "" }, "any"), options(this.rows, (row) => `=${row.project}`, (name) => named(name.slice(1))));
    this.deed = h("select", { id: "f-deed", onchange: change }, h("option", { value: "" }, "any"), options(this.rows.filter((row) => row.deedState), (row) => row.deedState, (state) => DEEDS[state]));
    this.differs = h("input", { type: "checkbox", id: "f-differs", onchange: change });
    this.order = h("select", { id: "f-order", onchange: change }, Object.keys(ORDERS).map((name) => h("option", { value: name }, name)));
    const labelled = (title, control) => h("div", {}, h("label", { for: control.id }, title), control);
    return h("form", { class: "filters", onsubmit: (event) => event.preventDefault(), "aria-label": "Filter the decisions" },
      labelled("Text", this.text), labelled("Outcome", this.act), labelled("Decided by", this.who), labelled("Project", this.project), labelled("What was done", this.deed), labelled("Order", this.order),
      h("div", { class: "check" }, this.differs, h("label", { for: "f-differs" }, "Differs from the recommendation")));
  }

  apply() {
    const words = this.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row) => (!this.act.value || row.act === this.act.value)
      && (!this.who.value || `=${row.who}` === this.who.value)
      && (!this.project.value || `=${row.project}` === this.project.value)
      && (!this.deed.value || row.deedState === this.deed.value)
      && (!this.differs.checked || row.differs)
      && words.every((word) => textOf(row).includes(word));
    this.shown = this.rows.filter(fits).sort(ORDERS[this.order.value]);
    this.made = 0;
    this.list.replaceChildren();
    this.extend();
    this.status.textContent = this.shown.length === this.rows.length ? plural(this.rows.length, "decision") : `${number(this.shown.length)} of ${plural(this.rows.length, "decision")}: the others do not match the filter`;
  }

  extend(count = ROWS_AT_ONCE) {
    const end = Math.min(this.shown.length, this.made + count);
    this.list.append(...this.shown.slice(this.made, end).map(decisionRow));
    this.made = end;
    this.more.hidden = this.all.hidden = end >= this.shown.length;
    if (!this.shown.length) this.list.append(h("p", { class: "muted" }, "No matching decisions."));
  }

  openAll() {
    this.extend(Infinity);
    this.opened = [...this.list.querySelectorAll("article")].filter((article) => article.fill && !article.firstChild.open);
    for (const article of this.opened) article.fill();
  }

  closeAgain() {
    for (const article of this.opened || []) article.firstChild.open = false;
  }
}

/* Returns all that can be searched of a decision, in small letters; made once. */
function textOf(row) {
  row.text ??= [row.settled.value.id, row.taskName, row.project, row.who, row.externalId, ACTS[row.act].word,
    ...wordsIn(row.settled.payload), ...(row.request ? [row.request.value.id, ...wordsIn(row.request.payload)] : [])].join("\n").toLowerCase();
  return row.text;
}

/* Returns the texts and numbers in a value of JSON, those of keys too, however deep. */
function wordsIn(value) {
  const words = [];
  const waiting = [value];
  while (waiting.length) {
    const next = waiting.pop();
    if (Array.isArray(next)) waiting.push(...next);
    else if (next !== null && typeof next === "object") {
      for (const [key, inner] of Object.entries(next)) waiting.push(key, inner);
    } else if (next !== null && next !== undefined) words.push(String(next));
  }
  return words;
}
