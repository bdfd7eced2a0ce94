/* Charts as SVG. Each has its figures as words and as a table; outcomes differ by pattern as well as by colour. */

const CHART_WIDTH = 560;
const LABEL_MOST = 28;
let chartCount = 0;

/* Returns the patterns that fill bars, one for each act; once in the page. */
function patternDefinitions() {
  const lines = {
    deny: "M0 8 L8 0", edit: "M0 2 H8 M0 6 H8", ask: "M2 0 V8 M6 0 V8", escalate: "M0 0 L8 8 M0 8 L8 0", answer: "M4 0 V8 M0 4 H8", none: "M0 4 H3", late: "M0 1 H8 M0 4 H8 M0 7 H8",
  };
  const patterns = Object.entries(lines).map(([tone, path]) => svg("pattern", { id: `fill-${tone}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
    svg("rect", { width: 8, height: 8, class: `bar-${tone}` }), svg("path", { d: path, class: "hatch" })));
  return svg("svg", { width: 0, height: 0, "aria-hidden": true, class: "patterns" }, svg("defs", {}, patterns));
}

/* Returns a bar in the look of an act; of none, in a plain one. */
function barOf(act, box) {
  const tone = act ? ACTS[act].tone : "plain";
  return svg("rect", tone === "approve" || tone === "plain" ? { ...box, class: `bar-${tone}` } : { ...box, fill: `url(#fill-${tone})` });
}

/* Returns a figure: title, drawing, legend, and its numbers as a table. */
function figureOf(title, words, drawing, legend, head, rows) {
  chartCount += 1;
  const id = `chart-${chartCount}`;
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", `${title}. ${words}`);
  return h("figure", { "aria-labelledby": id },
    h("h3", { id }, title), h("p", { class: "muted" }, words), drawing, legend,
    h("details", { class: "numbers" }, h("summary", {}, "Figures as a table"), tableOf(head, rows)));
}

function tableOf(head, rows) {
  return h("table", {}, h("thead", {}, h("tr", {}, head.map((one) => h("th", { scope: "col" }, one)))),
    h("tbody", {}, rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), rest.map((one) => h("td", {}, one))))));
}

function legendOf(acts) {
  return h("ul", { class: "legend" }, acts.map((act) => h("li", {},
    svg("svg", { width: 14, height: 14, "aria-hidden": true }, barOf(act, { width: 14, height: 14 })), ` ${ACTS[act].glyph} ${ACTS[act].word}`)));
}

function actsIn(groups) {
  return ACT_ORDER.filter((act) => groups.some(([, counts]) => counts.get(act)));
}

function totalOf(counts) {
  return [...counts.values()].reduce((sum, one) => sum + one, 0);
}

function text(x, y, words, attributes = {}) {
  return svg("text", { x, y, ...attributes }, words);
}

function timeChart(rows) {
  const { unit, columns } = overTime(rows);
  const acts = actsIn(columns);
  const most = Math.max(1, ...columns.map(([, counts]) => totalOf(counts)));
  const [left, top, height, base] = [44, 10, 150, 160];
  const step = (CHART_WIDTH - left) / Math.max(1, columns.length);
  const width = Math.max(1, Math.min(28, step * 0.8));
  const drawing = svg("svg", { viewBox: `0 0 ${CHART_WIDTH} 190`, class: "chart" });
  for (const share of [0, 0.5, 1]) {
    const y = base - share * height;
    if (share === 0.5 && most % 2) continue;
    drawing.append(svg("line", { x1: left, x2: CHART_WIDTH, y1: y, y2: y, class: "grid" }), text(left - 6, y + 4, number(most * share), { "text-anchor": "end" }));
  }
  columns.forEach(([label, counts], index) => {
    let y = base;
    for (const act of acts) {
      const size = (counts.get(act) || 0) / most * height;
      if (!size) continue;
      y -= size;
      drawing.append(barOf(act, { x: left + index * step + (step - width) / 2, y, width, height: size }));
    }
    if (index === 0 || index === columns.length - 1) {
      const [x, anchor] = columns.length === 1 ? [left + step / 2, "middle"] : index ? [CHART_WIDTH, "end"] : [left, "start"];
      drawing.append(text(x, 180, label, { "text-anchor": anchor }));
    }
  });
  const busiest = columns.reduce((a, b) => (totalOf(b[1]) > totalOf(a[1]) ? b : a), ["", new Map()]);
  const words = `${number(columns.length)} ${unit}${columns.length === 1 ? "" : "s"}; the most in one: ${number(totalOf(busiest[1]))} (${busiest[0]}).`;
  return figureOf(`Decisions a ${unit}`, words, drawing, legendOf(acts),
    [unit, ...acts.map((act) => ACTS[act].word)], columns.map(([label, counts]) => [label, ...acts.map((act) => number(counts.get(act) || 0))]));
}

/* Returns horizontal bars: [label, parts as act and size, words behind it]. */
function barRows(rows, most, labelWidth) {
  const room = CHART_WIDTH - labelWidth - 90;
  const drawing = svg("svg", { viewBox: `0 0 ${CHART_WIDTH} ${rows.length * 24 + 4}`, class: "chart" });
  rows.forEach(([label, parts, words], index) => {
    const y = index * 24 + 4;
    let x = labelWidth;
    drawing.append(text(labelWidth - 8, y + 13, label, { "text-anchor": "end" }));
    for (const [act, size] of parts) {
      const width = size / most * room;
      if (width > 0) drawing.append(barOf(act, { x, y, width, height: 17 }));
      x += Math.max(0, width);
    }
    drawing.append(text(x + 6, y + 13, words));
  });
  return drawing;
}

function waitChart(rows, figures) {
  const counts = waitsOf(rows);
  const most = Math.max(1, ...counts.map(([, count]) => count));
  const words = figures.median === null ? "No person decided." : `Half were decided within ${spanText(figures.median)}, 95 % within ${spanText(figures.late)}.`;
  return figureOf("Time from request to decision", words, barRows(counts.map(([label, count]) => [label, [["", count]], number(count)]), most, 110),
    null, ["Waited", "Requests"], counts.map(([label, count]) => [label, number(count)]));
}

function agreementChart(rows, figures) {
  const bands = bandsOf(rows);
  const words = figures.compared
    ? `People decided as the agent recommended in ${percent(figures.agreed, figures.compared)} of ${number(figures.compared)}. By the agent's own confidence:`
    : "No decision by a person on a request with a recommendation.";
  const drawn = bands.map(([label, given, followed]) => [label, [["", followed / given], ["UNKNOWN", 1 - followed / given]], `${percent(followed, given)} of ${number(given)}`]);
  const legend = bands.length ? h("ul", { class: "legend" },
    [["", "as recommended"], ["UNKNOWN", "otherwise"]].map(([act, word]) => h("li", {}, svg("svg", { width: 14, height: 14, "aria-hidden": true }, barOf(act, { width: 14, height: 14 })), ` ${word}`))) : null;
  return figureOf("Agreement with the agent", words, barRows(drawn, 1, 110), legend,
    ["Confidence", "Decided", "As recommended", "Share"], bands.map(([label, given, followed]) => [label, number(given), number(followed), percent(followed, given)]));
}

function projectChart(rows) {
  const groups = byProject(rows);
  const acts = actsIn(groups);
  const most = Math.max(1, ...groups.map(([, counts]) => totalOf(counts)));
  const name = (label) => clean(label, { oneLine: true, limit: LABEL_MOST });
  const drawn = groups.map(([label, counts]) => [name(label), acts.map((act) => [act, counts.get(act) || 0]), number(totalOf(counts))]);
  return figureOf("By project", `${plural(groups.length, "project")}.`, barRows(drawn, most, 190), legendOf(acts),
    ["Project", ...acts.map((act) => ACTS[act].word)], groups.map(([label, counts]) => [foreign(label, 80), ...acts.map((act) => number(counts.get(act) || 0))]));
}
