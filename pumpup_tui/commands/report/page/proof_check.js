/* The check of the proof: each event's hash, the way of all of them to the root of the record's tree (RFC 6962, the shared
   proof of store/core/shared_proof.py), and the signature of the checkpoint that names this root (C2SP signed-note,
   tlog-checkpoint). */

const EVENT_KEYS = "seq,previous,event";
const HASH = /^[0-9a-f]{64}$/;

class ProofFault extends Error {}

/* Returns the checked events and the checkpoint; throws ProofFault. */
async function checkedProof(data) {
  if (data.format !== "pumpup-report/1") throw new ProofFault("This report has a format that this page doesn't know.");
  const note = readNote(data.checkpoint);
  const key = await readKey(data.key);
  const events = await inChunks(data.events, checkedEvent);
  checkOrder(events, note.size);
  const root = sharedRoot(note.size, events, fromBase64(data.nodes));
  if (events.length && !sameBytes(root, note.root)) {
    throw new ProofFault("The events of this report are not those of the signed record: something was changed.");
  }
  return { events, note, key, signed: await isSigned(note, key) };
}

async function checkedEvent(item) {
  if (Object.keys(item).join() !== EVENT_KEYS || !HASH.test(item.previous) || typeof item.event !== "string") {
    throw new ProofFault("An event of this report is not in the form of a proof.");
  }
  const hash = hexOf(await sha256(encoded(item.previous + item.event)));
  return { seq: item.seq, previous: item.previous, text: item.event, hash };
}

function checkOrder(events, size) {
  let before = null;
  for (const event of events) {
    if (!Number.isInteger(event.seq) || event.seq < 1 || event.seq > size || (before && before.seq >= event.seq)) {
      throw new ProofFault("The events of this report are not in the order of the record.");
    }
    if (before && before.seq + 1 === event.seq && before.hash !== event.previous) {
      throw new ProofFault("Two events that follow each other are not linked: something was changed.");
    }
    before = event;
  }
}

/* Returns the root to which the shared proof leads. */
function sharedRoot(size, events, nodes) {
  let at = 0;
  const next = () => {
    if (at + 32 > nodes.length) throw new ProofFault("The proof of this report is too short.");
    at += 32;
    return nodes.subarray(at - 32, at);
  };
  let known = events.map((event) => [event.seq - 1, digestOf65(encoded(`\0${event.hash}`))]);
  for (let width = size; width > 1; width = Math.ceil(width / 2)) known = levelAbove(known, width, next);
  if (at !== nodes.length) throw new ProofFault("The proof of this report is too long.");
  return known.length ? known[0][1] : null;
}

function levelAbove(known, width, next) {
  const above = [];
  for (let index = 0; index < known.length; index += 1) {
    const [place, node] = known[index];
    const parent = Math.floor(place / 2);
    if (place % 2 === 1) {
      above.push([parent, nodeHash(next(), node)]);
    } else if (index + 1 < known.length && known[index + 1][0] === place + 1) {
      above.push([parent, nodeHash(node, known[index + 1][1])]);
      index += 1;
    } else {
      above.push([parent, place + 1 < width ? nodeHash(node, next()) : node]);
    }
  }
  return above;
}

const NODE = new Uint8Array(65).fill(1, 0, 1);

function nodeHash(left, right) {
  NODE.set(left, 1);
  NODE.set(right, 33);
  return digestOf65(NODE);
}

/* Returns the parts of a signed note that is a checkpoint. */
function readNote(written) {
  const cut = written.lastIndexOf("\n\n");
  const text = written.slice(0, cut + 1);
  const lines = text.split("\n");
  if (cut < 0 || lines.length !== 4 || !lines[0] || !/^(0|[1-9][0-9]{0,15})$/.test(lines[1])) {
    throw new ProofFault("The checkpoint of this report can't be read.");
  }
  const signatures = written.slice(cut + 2).split("\n").filter(Boolean).map(readSignature);
  return { text, origin: lines[0], size: Number(lines[1]), root: decoded(lines[2]), signatures };
}

function readSignature(line) {
  const match = /^\u2014 ([^\s+]{1,200}) ([A-Za-z0-9+/=]+)$/.exec(line);
  if (!match) throw new ProofFault("A signature of this report's checkpoint can't be read.");
  const bytes = decoded(match[2]);
  return { name: match[1], id: hexOf(bytes.subarray(0, 4)), bytes: bytes.subarray(4) };
}

function decoded(text) {
  try {
    return fromBase64(text);
  } catch {
    throw new ProofFault("The checkpoint or the key of this report can't be read.");
  }
}

/* Returns name, id and bytes of a public key (`name+id+base64`). */
async function readKey(written) {
  const match = /^([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(written);
  if (!match) throw new ProofFault("The public key of this report can't be read.");
  const bytes = decoded(match[3]);
  const named = new Uint8Array([...encoded(`${match[1]}\n`), ...bytes]);
  if (bytes.length !== 33 || bytes[0] !== 1 || hexOf((await sha256(named)).subarray(0, 4)) !== match[2]) {
    throw new ProofFault("The public key of this report does not fit its own id.");
  }
  return { written, name: match[1], id: match[2], bytes: bytes.subarray(1) };
}

/* Returns whether the key signed the note; null where this browser can't check that. */
async function isSigned(note, key) {
  if (note.origin !== key.name) throw new ProofFault("The checkpoint is of another record than the key is.");
  const own = note.signatures.filter((one) => one.name === key.name && one.id === key.id);
  if (!own.length) throw new ProofFault("The checkpoint is not signed by the key that this report names.");
  let handle;
  try {
    handle = await crypto.subtle.importKey("raw", key.bytes, "Ed25519", false, ["verify"]);
  } catch {
    return null;
  }
  for (const one of own) {
    if (!await crypto.subtle.verify("Ed25519", handle, one.bytes, encoded(note.text))) {
      throw new ProofFault("The signature of the checkpoint does not fit: the record was not signed like this.");
    }
  }
  return true;
}
