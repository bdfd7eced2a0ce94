/* Bytes, digests and base64, by what the browser has. */

const UTF8 = new TextEncoder();

function hexOf(bytes) {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/* Returns the bytes of a base64 text; throws where it is none, or is not written as it would be. */
function fromBase64(text) {
  const binary = atob(text);
  if (btoa(binary) !== text) throw new Error("not canonical");
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

function toBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function sameBytes(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/* Returns what `work` makes of each item, with at most some thousand promises at once. */
async function inChunks(items, work) {
  const results = [];
  for (let start = 0; start < items.length; start += 4000) {
    results.push(...await Promise.all(items.slice(start, start + 4000).map(work)));
  }
  return results;
}
