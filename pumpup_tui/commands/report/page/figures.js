/* The figures of some decisions. */

const DAY = 86400000;
const ACT_ORDER = ["APPROVE", "EDIT_AND_APPROVE", "ANSWER", "REJECT", "REQUEST_MORE_INFO", "ESCALATE", "WITHDRAWN", "EXPIRED", "UNKNOWN"];
const WAITS = [[60, "under 1 min"], [300, "1 to 5 min"], [900, "5 to 15 min"], [3600, "15 to 60 min"], [14400, "1 to 4 h"], [86400, "4 to 24 h"], [604800, "1 to 7 days"], [Infinity, "over 7 days"]];
const BANDS = [[0.9, "90 to 100 %"], [0.8, "80 to 90 %"], [0.7, "70 to 80 %"], [0.6, "60 to 70 %"], [0.5, "50 to 60 %"], [0, "under 50 %"]];
const PROJECTS_MOST = 12;
const DAYS_MOST = 62;
const WEEKS_MOST = 120;

function countBy(items, keyOf) {
  const counts = new Map();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) || 0) + 1);
  return counts;
}

function percentile(sorted, percent) {
  return sorted.length ? sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)] : null;
}

/* Returns whether a person decided or answered: who takes a request back does neither, and is mostly an agent. */
function isByPerson(row) {
  return !row.byPlatform && row.act !== "WITHDRAWN";
}

function figuresOf(rows) {
  const waits = rows.filter(isByPerson).map((row) => row.waited).filter((one) => one !== null).sort((a, b) => a - b);
  const compared = rows.filter((row) => row.agrees !== null);
  return {
    all: rows.length,
    acts: countBy(rows, (row) => row.act),
    byGrants: rows.filter((row) => row.grant).length,
    median: percentile(waits, 50),
    late: percentile(waits, 95),
    compared: compared.length,
    agreed: compared.filter((row) => row.agrees).length,
    states: countBy(rows, (row) => row.deedState),
  };
}

/* Returns the decisions by day, week or month, whichever gives few enough columns: [label, counts by act]. */
function overTime(rows) {
  const times = rows.map((row) => row.at).filter((at) => !Number.isNaN(at));
  if (!times.length) return { unit: "day", columns: [] };
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b));
  const days = Math.floor(last / DAY) - Math.floor(first / DAY) + 1;
  const unit = days <= DAYS_MOST ? "day" : days <= 7 * WEEKS_MOST ? "week" : "month";
  const columns = new Map();
  for (let at = periodOf(first, unit); at <= last; at = periodAfter(at, unit)) columns.set(at, new Map());
  for (const row of rows) {
    const counts = columns.get(periodOf(row.at, unit));
    if (counts) counts.set(row.act, (counts.get(row.act) || 0) + 1);
  }
  return { unit, columns: [...columns].map(([at, counts]) => [new Date(at).toISOString().slice(0, unit === "month" ? 7 : 10), counts]) };
}

function periodOf(at, unit) {
  const day = Math.floor(at / DAY) * DAY;
  if (unit === "week") return day - ((new Date(day).getUTCDay() + 6) % 7) * DAY;
  return unit === "month" ? Date.parse(`${new Date(day).toISOString().slice(0, 7)}-01T00:00:00Z`) : day;
}

function periodAfter(at, unit) {
  return unit === "month" ? periodOf(at + 32 * DAY, unit) : at + (unit === "week" ? 7 : 1) * DAY;
}

/* Returns how many requests that people decided or answered waited for how long: [label, count]. */
function waitsOf(rows) {
  const counts = WAITS.map(([, label]) => [label, 0]);
  for (const row of rows) {
    if (row.waited !== null && isByPerson(row)) counts[WAITS.findIndex(([end]) => row.waited < end)][1] += 1;
  }
  return counts;
}

/* Returns how often the agent's recommendation was followed, by its confidence: [label, given, followed]. */
function bandsOf(rows) {
  const bands = [...BANDS.map(([, label]) => [label, 0, 0]), ["not given", 0, 0]];
  for (const row of rows) {
    if (row.agrees === null) continue;
    const found = row.confidence === null ? -1 : BANDS.findIndex(([from]) => row.confidence >= from);
    const band = bands[found < 0 ? BANDS.length : found];
    band[1] += 1;
    band[2] += row.agrees ? 1 : 0;
  }
  return bands.filter((band) => band[1]);
}

/* Returns the decisions by project, the most first: [name, counts by act]. */
function byProject(rows) {
  const groups = new Map();
  for (const row of rows) (groups.get(row.project) || put(groups, row.project)).push(row);
  const sorted = [...groups].sort((a, b) => b[1].length - a[1].length);
  const listed = sorted.slice(0, PROJECTS_MOST).map(([name, own]) => [name, countBy(own, (row) => row.act)]);
  const others = sorted.slice(PROJECTS_MOST).flatMap(([, own]) => own);
  return others.length ? [...listed, [`${sorted.length - PROJECTS_MOST} others`, countBy(others, (row) => row.act)]] : listed;
}
