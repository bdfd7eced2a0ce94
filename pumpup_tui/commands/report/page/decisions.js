/* The decisions, as facts out of the checked events. A record may hold any JSON, so nothing is taken to be of a type. */

const ACTS = {
  __proto__: null,
  APPROVE: { word: "approved", glyph: "\u25b2", tone: "approve" },
  EDIT_AND_APPROVE: { word: "edited and approved", glyph: "\u270e", tone: "edit" },
  REJECT: { word: "denied", glyph: "\u25bc", tone: "deny" },
  REQUEST_MORE_INFO: { word: "asked for more", glyph: "?", tone: "ask" },
  ESCALATE: { word: "escalated", glyph: "!", tone: "escalate" },
  ANSWER: { word: "answered", glyph: "\u2713", tone: "answer" },
  WITHDRAWN: { word: "withdrawn", glyph: "\u2298", tone: "none" },
  EXPIRED: { word: "expired", glyph: "\u25f7", tone: "late" },
  UNKNOWN: { word: "unknown", glyph: "\u00b7", tone: "none" },
};
const RECOMMENDED_WORDS = { __proto__: null, APPROVE: "approve", EDIT_AND_APPROVE: "edit and approve", REJECT: "deny", REQUEST_MORE_INFO: "ask for more", ESCALATE: "escalate" };
const SETTLING = new Set(["APPROVAL_DECIDED", "ELICITATION_PROVIDED", "REQUEST_WITHDRAWN"]);
const LAST_WORDS = new Set(["APPROVE", "EDIT_AND_APPROVE", "REJECT"]);
/* Later events of a task that are looked at for the deeds of one decision. */
const LOOKED_MOST = 1000;
const NO_DEEDS = { items: [], others: 0 };
const DEEDS = {
  __proto__: null,
  DONE: "approved, and an action refers to it",
  NONE: "approved, and nothing done since",
  UNLINKED: "approved, and no later action refers to it",
  AFTER_DENIAL: "denied, and an action refers to it",
};
const DIGITS_MANY = /[:,[]\s*-?\d{16}/;
const NUMBER = /-?\d[\d.eE+-]*/g;
const WHOLE = /^-?\d+$/;

/* Returns the value of a JSON text. Whole numbers that JavaScript would round become texts, as they are written: few
   browsers can tell how a number was written that they have read. */
function readJson(text) {
  if (!DIGITS_MANY.test(text)) return JSON.parse(text);
  const parts = [];
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const start = quote < 0 ? text.length : quote;
    const end = endOfString(text, start);
    parts.push(text.slice(at, start).replace(NUMBER, kept), text.slice(start, end));
    at = end;
  }
  return JSON.parse(parts.join(""));
}

function kept(digits) {
  return WHOLE.test(digits) && !Number.isSafeInteger(Number(digits)) ? `"${digits}"` : digits;
}

/* Returns where the JSON string ends that begins at a place. */
function endOfString(text, start) {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return Math.min(at + 1, text.length);
}

const asObject = (value) => (value !== null && typeof value === "object" && !Array.isArray(value) ? value : {});
const asList = (value) => (Array.isArray(value) ? value : []);
const asText = (value) => (typeof value === "string" ? value : "");
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/;
/* Returns a time of the record in milliseconds; NaN where it is none. */
const timeOf = (value) => (TIME.test(asText(value)) ? Date.parse(value) : NaN);
const asNumber = (value) => (typeof value === "number" ? value : null);

/* Returns the decisions in the order of the record; those in `beside` are there for what they say of others. */
function decisionsOf(proven, report) {
  const record = { byId: new Map(), tasks: new Map(), grants: new Map(), trails: new Map() };
  record.projectNames = new Map(Object.entries(asObject(report.projects)));
  const beside = new Set(asList(report.beside));
  for (const event of proven) {
    const value = asObject(readJson(event.text));
    Object.assign(event, { value, payload: asObject(value.payload) });
    checkPlace(event);
    record.byId.set(value.id, event);
    if (value.eventType === "TASK_CREATED") record.tasks.set(value.taskId, event);
    if (value.eventType === "GRANT_GIVEN") record.grants.set(event.payload.grantId, event);
    if (isOfTrail(value)) event.place = (record.trails.get(value.taskId) || put(record.trails, value.taskId)).push(event);
    if (value.eventType === "APPROVAL_DECIDED") {
      const request = record.byId.get(value.inResponseTo);
      event.trace = request ? asText(request.value.externalTraceId) : "";
    }
  }
  return proven.filter((event) => SETTLING.has(event.value.eventType) && !beside.has(event.seq)).map((event) => decisionOf(event, record));
}

function isOfTrail(value) {
  return value.eventType === "APPROVAL_DECIDED" || (value.eventType === "ACTION" && value.source === "AGENT");
}

function put(map, key) {
  const list = [];
  map.set(key, list);
  return list;
}

/* An event says its own place twice, in its seq and in its id. */
function checkPlace(event) {
  const place = event.seq.toString(16).padStart(8, "0");
  if (event.value.seq !== event.seq || !asText(event.value.id).startsWith(`evt_${place}`)) {
    throw new ProofFault("An event of this report says that it stands at another place of the record.");
  }
}

function decisionOf(settled, record) {
  const { value, payload } = settled;
  const request = record.byId.get(value.inResponseTo) || null;
  const asked = request ? request.payload : {};
  const authority = asObject(payload.authority);
  const recommendation = asObject(payload.recommendationSnapshot ?? (Array.isArray(asked.recommendation) ? null : asked.recommendation));
  const recommended = asText(asObject(recommendation.outcome).type);
  const grant = asText(authority.grant);
  const act = actOf(value, payload, grant);
  const task = record.tasks.get(value.taskId);
  const at = timeOf(value.timestamp);
  const askedAt = request ? timeOf(request.value.timestamp) : NaN;
  const agreements = asList(payload.agreements).map((id) => ({ id, event: record.byId.get(id) || null }));
  const byPlatform = value.source === "PLATFORM";
  const isDecided = request && value.eventType === "APPROVAL_DECIDED";
  const deeds = isDecided ? deedsOf(settled, request, record.trails.get(value.taskId) || []) : NO_DEEDS;
  return {
    settled, request, act, grant, agreements, recommendation, recommended, at, askedAt, byPlatform,
    who: asText(authority.subject) || asText(payload.answeredBy) || asText(value.subject),
    waited: Number.isNaN(askedAt) || Number.isNaN(at) ? null : Math.max(0, (at - askedAt) / 1000),
    confidence: asNumber(recommendation.confidence),
    differs: act in RECOMMENDED_WORDS && recommended !== "" && recommended !== act && !byPlatform,
    agrees: act in RECOMMENDED_WORDS && recommended !== "" && !byPlatform ? recommended === act : null,
    summary: asText(asked.summary),
    taskName: task ? asText(task.payload.name) : asText(value.taskId),
    externalId: task ? asText(task.payload.externalId) : "",
    project: record.projectNames.get(value.projectId) || asText(value.projectId),
    grantEvent: record.grants.get(grant) || null,
    deeds,
    deedState: isDecided ? deedState(asText(asObject(payload.outcome).type), deeds) : "",
  };
}

function actOf(value, payload, grant) {
  const isPlatforms = value.source === "PLATFORM" && !grant;
  if (value.eventType === "REQUEST_WITHDRAWN") return isPlatforms ? "EXPIRED" : "WITHDRAWN";
  if (value.eventType === "ELICITATION_PROVIDED") return "ANSWER";
  if (isPlatforms) return "EXPIRED";
  const outcome = asText(asObject(payload.outcome).type);
  return outcome in RECOMMENDED_WORDS ? outcome : "UNKNOWN";
}

/* Promise and deed, as in api_client/deed_rule.py: an agent's later action on the task refers to a decision where it names
   the request or the decision, or names nothing else and has the request's own trace id, as long as no other request of
   this trace id was approved or denied since. */
function deedsOf(settled, request, trail) {
  const own = new Set([request.value.id, settled.value.id]);
  const found = { items: [], others: trail.length > settled.place + LOOKED_MOST ? 1 : 0 };
  let trace = asText(request.value.externalTraceId);
  for (const event of trail.slice(settled.place, settled.place + LOOKED_MOST)) {
    const { value } = event;
    if (value.eventType === "APPROVAL_DECIDED") {
      if (LAST_WORDS.has(asText(asObject(event.payload.outcome).type)) && event.trace === trace && !own.has(value.inResponseTo)) trace = "";
    } else if (own.has(value.inResponseTo) || own.has(value.externalTraceId)) {
      found.items.push(event);
    } else if (trace && !value.inResponseTo && value.externalTraceId === trace) {
      found.items.push(event);
    } else {
      found.others += 1;
    }
  }
  return found;
}

/* Returns the key of DEEDS that fits a decision. */
function deedState(outcome, deeds) {
  if (!LAST_WORDS.has(outcome)) return "";
  if (outcome === "REJECT") return deeds.items.length ? "AFTER_DENIAL" : "";
  if (deeds.items.length) return "DONE";
  return deeds.others ? "UNLINKED" : "NONE";
}
