/* The page: check first, then build what is shown out of what was checked. */

const STATES = { checking: "CHECKING", verified: "VERIFIED", partly: "PARTLY VERIFIED", failed: "NOT VERIFIED" };

function setBar(state, ...words) {
  const bar = document.querySelector("output") || document.body.insertBefore(h("output"), document.body.firstChild);
  document.documentElement.dataset.state = state;
  if (state === "failed") {
    /* Also where the style was changed, and so refused. */
    bar.style.background = "#b3202f";
    bar.style.color = "#ffffff";
  }
  bar.replaceChildren(h("b", {}, { verified: "\u2713 ", partly: "! ", failed: "\u2717 ", checking: "" }[state], STATES[state]), " ", h("span", {}, words));
}

async function run() {
  const hadShadow = withoutShadow();
  const faults = globalThis.crypto && crypto.subtle ? await fileFaults(hadShadow) : [];
  document.title = "Decision report";
  if (!globalThis.crypto || !crypto.subtle) {
    setBar("failed", "This browser gives pages that are opened from disk no cryptography, so nothing could be checked. Open this file in a current Chrome, Edge, Firefox or Safari.");
    return;
  }
  setBar("checking", "This takes some seconds.");
  let data, proof, rows;
  try {
    data = JSON.parse(document.querySelector("script[data-sha256]").textContent);
    proof = await checkedProof(data);
    rows = decisionsOf(proof.events, asObject(data.report));
  } catch (fault) {
    faults.push(fault instanceof ProofFault ? fault.message : `The data of this report can't be read (${clean(fault.name, { oneLine: true })}).`);
  }
  if (faults.length) {
    setBar("failed", "This file was changed after it was made, or damaged on the way. Nothing of it is shown. Ask for it again. ", faults.join(" "));
    return;
  }
  build(asObject(data.report), proof, rows);
  const held = !proof.events.length ? `There is no decision in this report. The record has ${plural(proof.note.size, "event")}.` : `${plural(proof.events.length, "event")} in this report ${proof.events.length === 1 ? "is" : "are"} unchanged, and in the record of ${number(proof.note.size)}.`;
  if (proof.signed === null) setBar("partly", `${held} This browser has no Ed25519, so the signature was not checked: open it in Chrome 137, Firefox 129, Safari 17, or later.`);
  else setBar("verified", `${held} Signed by `, h("b", {}, h("bdi", {}, clean(proof.key.name, { oneLine: true }))), ", key ", h("b", {}, proof.key.id), ". Is the whole key, below, your team's?");
}

function build(report, proof, rows) {
  const figures = figuresOf(rows);
  const list = new DecisionList(rows);
  document.body.append(patternDefinitions(), h("main", {},
    h("header", {}, h("h1", {}, "Decision report"), h("p", { class: "lead" }, leadOf(report, rows)), keyView(proof), aboutView(report, proof)),
    [summaryView(rows, figures), list.element, endView(proof)].filter(Boolean)));
  addEventListener("beforeprint", () => list.openAll());
  addEventListener("afterprint", () => list.closeAgain());
  document.title = `Decision report, ${plural(rows.length, "decision")}`;
}

function leadOf(report, rows) {
  const times = rows.map((row) => row.at).filter((at) => !Number.isNaN(at));
  const span = times.length ? ` From ${timeText(times.reduce((a, b) => Math.min(a, b)), false)} to ${timeText(times.reduce((a, b) => Math.max(a, b)), false)} UTC.` : "";
  return `${plural(rows.length, "decision")}.${span} All times are UTC.`;
}

function keyView(proof) {
  return h("div", { class: "key" },
    h("p", {}, "Signed with the key"),
    h("p", { class: "key-name" }, foreign(proof.key.name, 200), " ", h("span", { class: "key-id" }, proof.key.id)),
    h("p", {}, code(clean(proof.key.written, { oneLine: true }))),
    h("p", { class: "muted" }, "Compare all of it with the key that your team published. Anyone can make a report with a key of their own, under any name, and with patience also with the same short id."));
}

function aboutView(report, proof) {
  const tasks = Object.values(asObject(report.tasks));
  const others = proof.note.signatures.filter((one) => one.name !== proof.key.name || one.id !== proof.key.id);
  return h("div", { class: "about" },
    h("h2", {}, "What is in it"), pairs([
      ["Record", [foreign(proof.note.origin, 200), `, ${plural(proof.note.size, "event")} when it was signed`]],
      ["Only project", asText(report.project) ? foreign(report.project, 80) : ""],
      ["Only tasks", tasks.length ? tasks.map((name) => [foreign(valueText(name), 80), " "]) : ""],
      ["From", report.since ? `${timeText(timeOf(report.since))} UTC` : ""],
      ["Until before", report.until ? `${timeText(timeOf(report.until))} UTC` : ""],
      ["Decided by", asText(report.decidedBy) ? foreign(report.decidedBy, 80) : ""],
      ["Also signed by", others.length ? [others.map((one) => [foreign(one.name, 80), ` (${one.id}) `]), "(not checked here)"] : ""],
      ["Made", [`${timeText(timeOf(report.madeAt))} UTC by `, foreign(asText(report.madeBy) || "unknown", 80), `, pumpup-tui ${clean(report.version, { oneLine: true, limit: 20 })}`]],
    ]),
    h("details", {}, h("summary", {}, "What this page proves, and what it does not"), h("ul", {}, [
      "It proves that each event shown is in the signed record, byte for byte as it is shown: the decision, the request, the agreements, and what was done since. Your browser checked this now, without a network.",
      "It does not prove that nothing was left out: a decision, an agreement, or an action, where it says that nothing was done. For that, ask for a full export, and run pumpup-tui verify.",
      "It does not prove whose key it is. Compare the whole key with what your team published.",
      "Somebody who replaces the whole file, its program too, can make it say anything, also this. Where that matters, check the file with a program of your own: pumpup-tui check report.html --key KEY, or the page of plain Python in the documentation.",
      "What was asked for, who made the report and when, and the names of projects are not part of the proof.",
      "Text with a bar at its left was written by agents or people. Characters that would hide or reorder it are spelt out, like \u27e8U+202E\u27e9.",
    ].map((one) => h("li", {}, one)))));
}

function summaryView(rows, figures) {
  const tile = (value, name, note = "") => h("div", { class: "tile" }, h("dt", {}, name), h("dd", { class: "value" }, value), note ? h("dd", { class: "note" }, note) : null);
  const acts = ACT_ORDER.filter((act) => figures.acts.get(act));
  const states = ["NONE", "AFTER_DENIAL"].filter((state) => figures.states.get(state));
  const split = (act) => percent(figures.acts.get(act), figures.all);
  if (!rows.length) return null;
  return h("section", { "aria-labelledby": "summary" }, h("h2", { id: "summary" }, "Summary"),
    h("dl", { class: "tiles" },
      acts.map((act) => tile(number(figures.acts.get(act)), [h("span", { class: `glyph tone-${ACTS[act].tone}`, "aria-hidden": true }, ACTS[act].glyph), ` ${ACTS[act].word}`], split(act))),
      figures.median === null ? null : tile(spanText(figures.median), "half were decided within", `95 % within ${spanText(figures.late)}`),
      figures.compared ? tile(percent(figures.agreed, figures.compared), "as the agent recommended", `of ${number(figures.compared)}`) : null,
      figures.byGrants ? tile(number(figures.byGrants), "decided by grants", "nobody was asked") : null,
      states.map((state) => tile(number(figures.states.get(state)), DEEDS[state]))),
    h("div", { class: "charts" }, timeChart(rows), waitChart(rows, figures), agreementChart(rows, figures), projectChart(rows)));
}

function endView(proof) {
  return h("footer", {}, h("details", {}, h("summary", {}, "Checkpoint and key"), h("pre", {}, clean(`${proof.note.text}\n${proof.note.signatures.map((one) => `${one.name} ${one.id}`).join("\n")}\n\n${proof.key.written}`))));
}

document.addEventListener("DOMContentLoaded", () => run().catch((fault) => setBar("failed", `The check of this report ended with an error (${clean(fault.name, { oneLine: true })}).`)));
