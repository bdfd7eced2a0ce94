/* Bytes, digests and base64, by what the browser has. */

const UTF8 = new TextEncoder();

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hexOf(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 1) text += HEX[bytes[at]];
  return text;
}

let room = new Uint8Array(65536);

const HALF = /\p{Cs}/u;

/* Returns a text as UTF-8, in room that the next call uses again. Half a character is no text: an encoder writes each as
   the same replacement character, so that different texts would have one hash. */
function encoded(text) {
  if (room.length < 3 * text.length) room = new Uint8Array(4 * text.length);
  const { written } = UTF8.encodeInto(text, room);
  if (written !== text.length && HALF.test(text)) throw new Error("half a character");
  return room.subarray(0, written);
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

/* SHA-256 of the 65 bytes of which a leaf or a node of the tree consists, without waiting. There are three for each event:
   by the browser's own digest, which answers each by a promise, they took 0.8 s of the 2.6 s in which a report of 11,600
   decisions was ready; so they take 0.1 s. */
const ROUNDS = new Int32Array(64);
const START = new Int32Array(8);
const WORDS = new Int32Array(64);

function fillConstants() {
  let found = 0;
  for (let candidate = 2; found < 64; candidate += 1) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) isPrime &&= candidate % divisor !== 0;
    if (!isPrime) continue;
    if (found < 8) START[found] = Math.sqrt(candidate) % 1 * 4294967296;
    ROUNDS[found] = Math.cbrt(candidate) % 1 * 4294967296;
    found += 1;
  }
}

function digestOf65(bytes) {
  if (ROUNDS[0] === 0) fillConstants();
  const state = new Int32Array(START);
  for (let at = 0; at < 16; at += 1) {
    WORDS[at] = bytes[4 * at] << 24 | bytes[4 * at + 1] << 16 | bytes[4 * at + 2] << 8 | bytes[4 * at + 3];
  }
  compress(state);
  WORDS.fill(0, 0, 15);
  WORDS[0] = bytes[64] << 24 | 0x800000;
  WORDS[15] = 520;
  compress(state);
  const digest = new Uint8Array(32);
  for (let at = 0; at < 32; at += 1) digest[at] = state[at >> 2] >> 24 - 8 * (at & 3);
  return digest;
}

function compress(state) {
  for (let at = 16; at < 64; at += 1) {
    const early = WORDS[at - 15];
    const late = WORDS[at - 2];
    WORDS[at] = WORDS[at - 16] + WORDS[at - 7]
      + ((early >>> 7 | early << 25) ^ (early >>> 18 | early << 14) ^ early >>> 3)
      + ((late >>> 17 | late << 15) ^ (late >>> 19 | late << 13) ^ late >>> 10) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], last = state[7];
  for (let at = 0; at < 64; at += 1) {
    const one = last + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + ROUNDS[at] + WORDS[at] | 0;
    const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
    last = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += last;
}
