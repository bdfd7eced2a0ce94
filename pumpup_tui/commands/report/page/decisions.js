/* The decisions, as facts out of the checked events. A record may hold any JSON, so nothing is taken to be of a type. */

const ACTS = {
  APPROVE: { word: "approved", glyph: "\u25b2", tone: "approve" },
  EDIT_AND_APPROVE: { word: "edited and approved", glyph: "\u270e", tone: "edit" },
  REJECT: { word: "denied", glyph: "\u25bc", tone: "deny" },
  REQUEST_MORE_INFO: { word: "asked for more", glyph: "?", tone: "ask" },
  ESCALATE: { word: "escalated", glyph: "!", tone: "escalate" },
  ANSWER: { word: "answered", glyph: "\u2713", tone: "answer" },
  WITHDRAWN: { word: "withdrawn", glyph: "\u2298", tone: "none" },
  EXPIRED: { word: "expired", glyph: "\u25f7", tone: "none" },
  UNKNOWN: { word: "unknown", glyph: "\u00b7", tone: "none" },
};
const RECOMMENDED_WORDS = { APPROVE: "approve", EDIT_AND_APPROVE: "edit and approve", REJECT: "deny", REQUEST_MORE_INFO: "ask for more", ESCALATE: "escalate" };
const SETTLING = new Set(["APPROVAL_DECIDED", "ELICITATION_PROVIDED", "REQUEST_WITHDRAWN"]);
const APPROVING = new Set(["APPROVE", "EDIT_AND_APPROVE"]);
/* Numbers that JavaScript would round: they are read as they are written. */
const LONG_NUMBER = /[:,[]-?(?:\d{16}|\d*\.\d{15}|[\d.]+[eE])/;

class WrittenNumber {
  constructor(source) { this.source = source; }
  toString() { return this.source; }
  toJSON() { return this.source; }
}

function readJson(text) {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, context) => {
    const source = typeof value === "number" && context ? context.source : undefined;
    return source === undefined || String(value) === source ? value : new WrittenNumber(source);
  });
}

const asObject = (value) => (value !== null && typeof value === "object" && !Array.isArray(value) ? value : {});
const asList = (value) => (Array.isArray(value) ? value : []);
const asText = (value) => (typeof value === "string" ? value : "");
const asNumber = (value) => (typeof value === "number" ? value : null);

/* Returns the decisions in the order of the record. */
function decisionsOf(proven, projects) {
  const record = { byId: new Map(), tasks: new Map(), projects: new Map(), grants: new Map(), actions: new Map() };
  const events = proven.map((one) => Object.assign(one, { value: asObject(readJson(one.text)) }));
  for (const event of events) {
    const { value } = event;
    event.payload = asObject(value.payload);
    checkPlace(event);
    record.byId.set(value.id, event);
    if (value.eventType === "TASK_CREATED") record.tasks.set(value.taskId, event);
    if (value.eventType === "GRANT_GIVEN") record.grants.set(event.payload.grantId, event);
    if (value.eventType === "ACTION") (record.actions.get(value.taskId) || put(record.actions, value.taskId)).push(event);
  }
  record.projectNames = new Map(Object.entries(asObject(projects)));
  return events.filter((event) => SETTLING.has(event.value.eventType)).map((event) => decisionOf(event, record));
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
  const at = Date.parse(value.timestamp);
  const askedAt = request ? Date.parse(request.value.timestamp) : NaN;
  const agreements = asList(payload.agreements).map((id) => record.byId.get(id)).filter(Boolean);
  const byPlatform = value.source === "PLATFORM";
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
    deeds: request ? deedsOf(request, settled, record.actions.get(value.taskId) || []) : [],
    promised: APPROVING.has(act),
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

/* Returns the later actions of the task that refer to the request: what was done upon the decision. */
function deedsOf(request, settled, actions) {
  const ids = new Set([request.value.id, settled.value.id, asText(request.value.externalTraceId)].filter(Boolean));
  return actions.filter((event) => event.seq > settled.seq && !asObject(event.payload.detail).agreement
    && (ids.has(event.value.inResponseTo) || ids.has(event.value.externalTraceId)));
}
