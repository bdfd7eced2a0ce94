/* One decision: its row, and all that the record has of it. */

const FIELDS_MOST = 500;
const TAGS_MOST = 20;

/* Returns a decision as a row that opens; what is in it is made when it is opened. */
function decisionRow(row) {
  const { word, glyph, tone } = ACTS[row.act];
  const details = h("details", {}, h("summary", {},
    h("span", { class: "when" }, timeText(row.at, false)),
    h("span", { class: `outcome tone-${tone}` }, h("span", { class: "glyph", "aria-hidden": true }, glyph), ` ${word}`),
    h("h3", { class: "what" }, row.summary ? foreign(row.summary, 160) : "(the request is not in this report)"),
    h("span", { class: "who" }, row.byPlatform ? platformWords(row) : foreign(row.who, 60)),
    h("span", { class: "waited" }, h("span", { class: "small" }, "waited "), spanText(row.waited)),
    h("span", { class: "flags" }, flagsOf(row))));
  const article = h("article", { class: "decision", id: `event-${row.settled.seq}` }, details);
  details.addEventListener("toggle", () => { if (details.open) openRow(article, row); });
  article.fill = () => { openRow(article, row); details.open = true; };
  return article;
}

function openRow(article, row) {
  const details = article.firstChild;
  if (details.childNodes.length === 1) details.append(bodyOf(row));
}

function platformWords(row) {
  return row.grant ? ["grant of ", foreign(row.who, 60)] : "nobody in time";
}

function flagsOf(row) {
  const flags = [];
  if (row.differs) flags.push("differs from the recommendation");
  if (row.deedState === "NONE") flags.push("nothing done since");
  if (row.deedState === "AFTER_DENIAL") flags.push("acted on after a denial");
  return flags.map((flag) => h("span", { class: "flag" }, flag));
}

function section(title, ...children) {
  const shown = children.flat(9).filter(Boolean);
  return shown.length ? h("section", {}, h("h4", {}, title), shown) : null;
}

function bodyOf(row) {
  const { request, settled } = row;
  const asked = request ? request.payload : {};
  const isForm = settled.value.eventType === "ELICITATION_PROVIDED" || (request && request.value.eventType === "ELICITATION_REQUESTED");
  return h("div", { class: "body" },
    section("Request", asText(asked.summary) ? h("div", { class: "asked" }, foreignBlock(asked.summary)) : null, requestFacts(row, asked), contextOf(asked)),
    section("Agent's recommendation", isForm ? null : recommendationOf(row)),
    isForm ? section("Fields and answers", answersOf(asked, settled.payload)) : null,
    section("Decision", decisionFacts(row), noteOf(row)),
    section("Authority", authorityOf(row)),
    section("What was shown", shownOf(row, asked)),
    section("What was done", deedsView(row)),
    section("In the record", recordOf(row)));
}

function requestFacts(row, asked) {
  const { request } = row;
  const by = request ? asText(request.value.subject) : "";
  return pairs([
    ["Asked by", by ? foreign(by, 80) : request ? "not recorded" : "the request is not in this report"],
    ["Asked at", request ? `${timeText(row.askedAt)} UTC` : ""],
    ["Task", [foreign(row.taskName, 200), " ", code(clean(row.settled.value.taskId, { oneLine: true, limit: 60 }))]],
    ["External id", row.externalId ? foreign(row.externalId, 200) : ""],
    ["Project", foreign(row.project, 80)],
    ["Trace id", asText(request && request.value.externalTraceId) ? foreign(request.value.externalTraceId, 200) : ""],
  ]);
}

function contextOf(asked) {
  const context = Object.entries(asObject(asked.keyValueContext));
  return context.length ? h("dl", { class: "pairs given" }, context.map(([key, value]) => h("div", {}, h("dt", {}, foreign(key, 200)), h("dd", {}, foreignValue(value))))) : null;
}

function recommendationOf(row) {
  if (!row.recommended) return h("p", {}, "None.");
  const blind = row.settled.payload.blind;
  return [pairs([
    ["Recommended", RECOMMENDED_WORDS[row.recommended] || foreign(row.recommended, 40)],
    ["Confidence", confidenceText(row.confidence) || "not given"],
    ["Shown", blind === true ? "only after the decision (blind review)" : blind === false ? "before the decision" : ""],
  ]), asText(row.recommendation.rationale) ? foreignBlock(row.recommendation.rationale) : null];
}

function answersOf(asked, payload) {
  const answers = asObject(payload.answers);
  const bids = new Map(asList(asked.recommendation).map((bid) => [asObject(bid).fieldId, asObject(bid)]));
  const fields = asList(asked.fields).map(asObject);
  const known = new Set(fields.map((field) => field.id));
  const others = Object.keys(answers).filter((id) => !known.has(id)).map((id) => ({ id, label: id }));
  const all = [...fields, ...others];
  return [all.slice(0, FIELDS_MOST).map((field) => {
    const id = asText(field.id);
    const bid = bids.get(id);
    const given = Object.hasOwn(answers, id) ? foreignValue(answers[id]) : h("p", { class: "muted" }, "not answered");
    return h("div", { class: "field" }, h("h5", {}, foreign(asText(field.label) || id, 300), field.required === true ? " (required)" : ""),
      asText(field.description) ? foreignBlock(field.description) : null, given,
      bid ? pairs([["Agent suggested", foreignValue(bid.value)], ["Confidence", confidenceText(asNumber(bid.confidence))], ["Why", asText(bid.rationale) ? foreignBlock(bid.rationale) : ""]], "pairs bid") : null);
  }), moreOf(all, "field")];
}

function decisionFacts(row) {
  const { payload } = row.settled;
  const outcome = asObject(payload.outcome);
  return pairs([
    ["Outcome", [ACTS[row.act].glyph, " ", ACTS[row.act].word, row.act === "EXPIRED" && asText(outcome.type) ? [" (", RECOMMENDED_WORDS[asText(outcome.type)] || foreign(outcome.type, 40), ")"] : ""]],
    ["By", row.byPlatform ? platformWords(row) : row.who ? foreign(row.who, 80) : "not recorded"],
    ["At", `${timeText(row.at)} UTC`],
    ["Time from request", spanText(row.waited)],
    ["As recommended", row.agrees === null ? "" : row.agrees ? "yes" : "no"],
    ["Reason code", asText(outcome.reasonCode) ? foreign(outcome.reasonCode, 200) : ""],
    ["Sent to", asList(payload.escalatedTo).length ? tagsOf(payload.escalatedTo) : ""],
  ]);
}

function noteOf(row) {
  const note = asText(asObject(row.settled.payload.outcome).note) || (row.act === "WITHDRAWN" || row.act === "EXPIRED" ? asText(row.settled.payload.message) : "");
  return note ? [h("h5", {}, row.act === "WITHDRAWN" ? "Reason" : "Note"), foreignBlock(note)] : null;
}

function tagsOf(tags) {
  const listed = asList(tags).slice(0, TAGS_MOST).map((tag) => [foreign(valueText(tag), 80), " "]);
  const more = asList(tags).length - TAGS_MOST;
  return more > 0 ? [...listed, `and ${number(more)} more`] : listed;
}

function authorityOf(row) {
  const { payload } = row.settled;
  const authority = asObject(payload.authority);
  const rule = asObject(payload.rule);
  return [pairs([
    ["Tags then", payload.authority ? (asList(authority.tags).length ? tagsOf(authority.tags) : "none") : "not recorded"],
    ["Rule that held", payload.rule ? [rule.name ? foreign(valueText(rule.name), 200) : "no rule of the policy fits", asList(rule.also).length ? [" with ", tagsOf(rule.also)] : ""] : "not recorded"],
    ["Policy", rule.policy ? code(clean(valueText(rule.policy), { oneLine: true, limit: 80 })) : ""],
    ["Grant", row.grant ? grantWords(row) : ""],
    ["Sample of grant", payload.sampleOf ? code(clean(valueText(payload.sampleOf), { oneLine: true, limit: 60 })) : ""],
  ]), agreementsOf(row)];
}

function grantWords(row) {
  const given = row.grantEvent;
  const id = code(clean(row.grant, { oneLine: true, limit: 60 }));
  if (!given) return [id, " (nobody was asked; the event that gave it is not in this report)"];
  const { payload } = given;
  return [foreign(payload.name, 200), " ", id, ": nobody was asked. Given by ", foreign(asObject(payload.givenBy).subject, 80), ` at ${timeText(timeOf(given.value.timestamp))} UTC, for `,
    foreign(payload.filter, 300), `, until ${timeText(timeOf(payload.until))} UTC (event ${given.seq}).`];
}

function agreementsOf(row) {
  if (!row.agreements.length) return null;
  return [h("h5", {}, "Agreed before"), h("ul", {}, row.agreements.map(({ id, event }) => {
    if (!event) return h("li", {}, code(clean(valueText(id), { oneLine: true, limit: 60 })), " is named by the decision, but is not in this report");
    const agreement = asObject(asObject(event.payload.detail).agreement);
    const by = asObject(agreement.authority);
    const opened = Array.isArray(agreement.attachmentsOpened) ? `, had opened ${plural(agreement.attachmentsOpened.length, "attachment")}` : "";
    return h("li", {}, foreign(by.subject || event.value.subject, 80), asList(by.tags).length ? [" [", tagsOf(by.tags), "]"] : "", `, ${timeText(timeOf(event.value.timestamp))} UTC, event ${event.seq}${opened}`,
      asText(agreement.note) ? foreignBlock(agreement.note) : null);
  }))];
}

function shownOf(row, asked) {
  const { payload } = row.settled;
  const opened = Array.isArray(payload.attachmentsOpened) ? new Set(payload.attachmentsOpened) : null;
  const snapshots = new Map(asList(asked.attachmentSnapshots).map((one) => [asObject(one).uploadId, asObject(one)]));
  const uploads = [...new Set(asList(asked.attachments))];
  return [pairs([["Hash of the request", payload.requestHash ? code(clean(valueText(payload.requestHash), { oneLine: true, limit: 80 })) : "not recorded"],
    ["Attachments", uploads.length ? "" : "none"]]),
  uploads.length ? h("table", {}, h("thead", {}, h("tr", {}, ["Attachment", "Opened before the decision", "SHA-256 of its content"].map((one) => h("th", { scope: "col" }, one)))),
    h("tbody", {}, uploads.slice(0, FIELDS_MOST).map((upload) => {
      const shot = asObject(snapshots.get(upload));
      return h("tr", {}, h("td", {}, foreign(asText(shot.label) || valueText(upload), 200)), h("td", {}, opened === null ? "not recorded" : opened.has(upload) ? "yes" : "no"),
        h("td", {}, code(clean(asText(shot.sha256) || "not recorded", { oneLine: true, limit: 80 }))));
    }))) : null, moreOf(uploads, "attachment")];
}

/* Returns how many more there are than are shown, of what an agent can make any number of. */
function moreOf(items, word) {
  const more = items.length - FIELDS_MOST;
  return more > 0 ? h("p", {}, `And ${plural(more, `more ${word}`)}, which this page does not show: pumpup-tui show has them.`) : null;
}

function deedsView(row) {
  if (!row.deedState && !row.deeds.items.length) return null;
  return [h("p", {}, `${DEEDS[row.deedState] || "No action was promised"}.`.replace(/^./, (first) => first.toUpperCase())),
    row.deeds.items.length ? h("ul", {}, row.deeds.items.map((event) => h("li", {}, `${timeText(timeOf(event.value.timestamp))} UTC, `, foreign(event.value.subject, 80),
      asText(event.value.transitionTo) ? [", to ", foreign(event.value.transitionTo, 80)] : "", `, event ${event.seq}`, foreignBlock(asText(event.payload.description))))) : null];
}

function recordOf(row) {
  const events = [["Decision", row.settled], ["Request", row.request]].filter(([, event]) => event);
  return [pairs(events.flatMap(([title, event]) => [
    [title, ["event ", number(event.seq), " ", code(clean(event.value.id, { oneLine: true, limit: 60 }))]],
    ["Its hash", code(event.hash)],
  ]), "pairs hashes"), h("details", { class: "raw" }, h("summary", {}, "Events as recorded"), events.map(([title, event]) => h("div", {}, h("h5", {}, title), h("pre", { class: "foreign" }, clean(event.text)))))];
}
