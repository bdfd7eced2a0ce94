/* The text firewall, as in pumpup_tui/text/firewall.py: what would reorder, hide or overlay text is shown visibly. */

const LINE_MOST = 500;
const BLOCK_MOST = 20000;
const PADDING = 16;
const BAR_CHARACTER = 0x258e;
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}\u258e]/gu;
/* An emoji presentation mark without an emoji before it. */
const STRAY = /(?<![^\p{L}\p{N}_\s\ufe0f]|\u2139)(?<![0-9](?=\ufe0f\u20e3))\ufe0f/gu;
const MARKS = /(?:\p{M}|[\u1160-\u11ff\ud7b0-\ud7ff]){5,}/gu;
const MARK_FIRST = /^(?:\p{M}|[\u1160-\u11ff\ud7b0-\ud7ff])/u;
const MAY_BE_PADDING = /[^\S\n]{5,}/gu;
const PLAIN = /^[ -~]*$/;

/* Returns foreign text in a form that is safe to show: no control character but line feeds, and those only in a block. */
function clean(text, { oneLine = false, limit = oneLine ? LINE_MOST : BLOCK_MOST } = {}) {
  let shown = typeof text === "string" ? text : valueText(text);
  let leftOut = 0;
  if (shown.length > limit) {
    /* Counted in code points: of a text of a million characters without taking it apart. */
    const pairs = (shown.match(/[\ud800-\udbff][\udc00-\udfff]/g) || []).length;
    leftOut = Math.max(0, shown.length - pairs - limit);
    shown = Array.from(shown.slice(0, 2 * limit)).slice(0, limit).join("");
  }
  if (!PLAIN.test(shown)) shown = pictured(shown, oneLine);
  shown = shown.replace(MAY_BE_PADDING, narrowed);
  return leftOut > 0 ? `${shown}\u2026 +${leftOut.toLocaleString("en-US")} characters` : shown;
}

function pictured(text, oneLine) {
  const visible = text
    .replace(/\r\n/g, "\n")
    .replace(STRAY, "\u27e8U+FE0F\u27e9")
    .replace(HIDDEN, (char) => picture(char.codePointAt(0), oneLine))
    .replace(MARKS, (run) => `${run.slice(0, 4)}\u27e8+${Array.from(run).length - 4} marks\u27e9`);
  return MARK_FIRST.test(visible) ? `\u25cc${visible}` : visible;
}

function picture(code, oneLine) {
  if (code === 0x0a) return oneLine ? "\u23ce" : "\n";
  if (code === 0x09) return oneLine ? "\u21e5" : "    ";
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  if (code === 0xfe0f) return "";
  return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
}

function narrowed(blanks) {
  const room = (text) => text.length + text.split("\u3000").length - 1;
  if (room(blanks) <= PADDING) return blanks;
  let shown = 0;
  while (room(blanks.slice(0, shown + 1)) <= PADDING) shown += 1;
  const leftOut = blanks.length - shown;
  return `${blanks.slice(0, shown)}\u27e8+${leftOut.toLocaleString("en-US")} space${leftOut === 1 ? "" : "s"}\u27e9`;
}
