"use strict";
// What all pages share. Each kind of page adds a function to PAGES.
const PAGES = {};

// An element with attributes and children; text is text and never markup.
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined && child !== false));
  return node;
}

function svg(tag, attributes, text) {
  const node = document.createElementNS(document.getElementById("svg").namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

const count = n => Number(n).toLocaleString("en");
const several = (n, one, many) => `${count(n)} ${n === 1 ? one : many || one + "s"}`;

function facts(...pairs) {
  const shown = pairs.filter(pair => pair && pair[1] !== null && pair[1] !== undefined && pair[1] !== "");
  return el("ul", { class: "facts" }, ...shown.map(([name, value]) => el("li", {}, name + " ", el("b", {}, value))));
}

// A table. A column is {name, n: whether it holds numbers}; a row is a list of texts or elements, with a class if it has one.
function table(caption, columns, rows, name) {
  const cells = row => row.map((cell, i) => el("td", { class: columns[i].n ? "n" : columns[i].class }, cell ?? ""));
  return el("div", { class: "wide" }, el("table", { class: name },
    caption ? el("caption", {}, caption) : null,
    el("thead", {}, el("tr", {}, ...columns.map(column => el("th", { scope: "col", class: column.n ? "n" : null }, column.name)))),
    el("tbody", {}, ...rows.map(row => el("tr", { class: row.class }, ...cells(row))))));
}

function command(text, name) {
  const button = el("button", { type: "button", "aria-label": `copy the command: ${name}` }, "copy");
  button.addEventListener("click", () => {
    const done = () => { button.textContent = "copied"; setTimeout(() => button.textContent = "copy", 1500); };
    // A page that was opened as a file may have no clipboard: then the text is selected, to be copied by hand.
    const select = () => getSelection().selectAllChildren(code);
    navigator.clipboard ? navigator.clipboard.writeText(text).then(done, select) : select();
  });
  // A line ends between words: a browser would end it after a hyphen, too.
  const code = el("code", {}, ...text.split(/(?<= )/).map(word => el("span", {}, word)));
  return el("div", { class: "command" }, code, button);
}

// What the address says after #, as bin=12&cause=1.
const fragment = () => new URLSearchParams(location.hash.slice(1));

function setFragment(values) {
  history.replaceState(null, "", "#" + new URLSearchParams(values));
}

function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const page = document.getElementById("page");
  page.classList.add("of-" + data.page);
  try {
    PAGES[data.page](page, data);
  } catch (error) {
    page.prepend(el("p", { class: "note bad" }, `The data of this page is wrong: ${error.message}.`));
    throw error;
  }
  page.append(el("p", { class: "dim" }, data.tool));
}

