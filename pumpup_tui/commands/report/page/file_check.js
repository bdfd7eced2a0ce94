/* The check of this file itself: style, data and skeleton are as they were written. The browser has checked the script
   by the digest in the Content-Security-Policy, or it would not run. */

const OWN_SCRIPT = document.currentScript;

/* Puts a new body in the place of the old one; returns whether that had a shadow tree, which a file can give it. Such a
   tree is shown in place of the body's own content, but stands in none of its HTML, and a closed one can't be read. */
function withoutShadow() {
  const old = document.body;
  const body = document.createElement("body");
  for (const one of old.attributes) body.setAttributeNode(one.cloneNode());
  body.append(...old.childNodes);
  old.replaceWith(body);
  if (old.shadowRoot) return true;
  try {
    old.attachShadow({ mode: "open" });
    return false;
  } catch {
    return true;
  }
}

/* Returns what is wrong with the file, as sentences. */
async function fileFaults(hadShadow) {
  const faults = [];
  const style = document.querySelector("style");
  const data = document.querySelector("script[data-sha256]");
  const digests = {
    "@SCRIPT@": await digestOf(OWN_SCRIPT),
    "@STYLE@": await digestOf(style),
    "@DIGEST@": data === null ? "" : hexOf(await sha256(encoded(data.textContent))),
  };
  let expected = SKELETON;
  for (const [mark, digest] of Object.entries(digests)) expected = expected.replace(mark, digest);
  if (hadShadow || skeleton() !== expected) {
    faults.push("A part of this file was changed: its data, style, policy or frame is not as it was written. (Or a browser extension changes pages: try without.)");
  }
  if (document.compatMode !== "CSS1Compat" || !isPlainDoctype()) faults.push("The first line of this file was changed.");
  if (getComputedStyle(document.documentElement).getPropertyValue("--report").trim() !== "1") {
    faults.push("The style of this report does not apply.");
  }
  return faults;
}

async function digestOf(element) {
  return element === null ? "" : toBase64(await sha256(encoded(element.textContent)));
}

function isPlainDoctype() {
  const nodes = document.childNodes;
  const doctype = document.doctype;
  return nodes.length === 2 && nodes[0] === doctype && doctype.name === "html" && !doctype.publicId && !doctype.systemId;
}

/* Returns the document as HTML, without the content of scripts and styles. */
function skeleton() {
  const root = document.documentElement;
  const open = root.cloneNode(false).outerHTML.replace("</html>", "");
  return `${open}${inside(document.head)}|${inside(document.body)}${attributesOf(document.head)}${attributesOf(document.body)}${root.childNodes.length === 2 ? "" : "+"}`;
}

function inside(parent) {
  return [...parent.childNodes].map(written).join("");
}

function written(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return `(${node.nodeName} ${node.nodeValue})`;
  return node.cloneNode(node.nodeName !== "SCRIPT" && node.nodeName !== "STYLE").outerHTML;
}

function attributesOf(element) {
  return [...element.attributes].map((one) => `(${one.name}=${one.value})`).join("");
}
