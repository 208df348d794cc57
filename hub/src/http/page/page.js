// The first page: stations with their latest values, kept up to date by the hub's event stream.
// Everything that comes from the network is shown as text (textContent), never as markup.
"use strict";

const UNITS = [["_c", "°C"], ["_pct", "%"], ["_v", "V"], ["_a", "A"], ["_w", "W"], ["_kwh", "kWh"], ["_ppm", "ppm"],
  ["_ugm3", "µg/m³"], ["_mgm3", "mg/m³"], ["_dba", "dB(A)"], ["_lx", "lx"], ["_s", "s"], ["_ms", "ms"], ["_mb", "MB"],
  ["_dbm", "dBm"], ["_mgl", "mg/L"], ["_bytes", "B"]];
const ALARMS = new Set(["smoke", "water", "extinguisher"]);
const BAD_VALUES = new Set(["forced", "held_open", "jammed", "fault"]);
const HIDDEN = new Set(["ts", "device", "snapshot", "slots"]);
const STATES = ["online", "late", "offline", "unknown", "never_seen"];
const PAGE_STATIONS = 60;
const RETRY_MS = { first: 1000, most: 15000 };

const element = (id) => document.getElementById(id);
const stations = new Map(); // id → last item shown
const cursors = [""]; // of the pages up to the one shown
let texts = {};
let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let token = sessionStorage.getItem("token");
let counts = null;
let listedTotal = null;
let connected = false;
let view = 0; // rises with every change of filter or page: answers to an older view are dropped
let stopStream = () => {};

const text = (key) => (texts[key] ? texts[key][language] : key.slice(key.indexOf(".") + 1));
const known = (key, otherwise) => (texts[key] ? texts[key][language] : otherwise);

function make(tag, className, content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (content !== undefined) made.textContent = content;
  return made;
}

// ---- asking the hub

class Refused extends Error {
  constructor(status, detail) { super(detail); this.status = status; }
}

async function ask(path, signal) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { headers, signal, cache: "no-store" });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, problem.detail || answer.statusText);
}

function parameters() {
  const asked = new URLSearchParams({ limit: String(PAGE_STATIONS) });
  if (cursors[cursors.length - 1]) asked.set("after", cursors[cursors.length - 1]);
  if (element("district").value.trim()) asked.set("district", element("district").value.trim());
  if (element("state").value) asked.set("state", element("state").value);
  return asked;
}

/// Loads the page of stations that the filters ask for, then follows its changes until the view changes.
async function load() {
  stopStream();
  const mine = ++view;
  const control = new AbortController();
  stopStream = () => control.abort();
  for (let wait = RETRY_MS.first; mine === view; wait = Math.min(wait * 2, RETRY_MS.most)) {
    try {
      const list = await (await ask(`/api/v1/stations?${parameters()}`, control.signal)).json();
      if (mine !== view) return;
      showList(list);
      wait = RETRY_MS.first / 2;
      await follow(control.signal, mine);
    } catch (error) {
      if (mine !== view) return;
      if (error instanceof Refused && (error.status === 401 || error.status === 403)) return showLogin(error.status);
      if (error instanceof Refused) showMessage(`${text("page.failed")}: ${error.message}`, true);
      if (error instanceof Refused && error.status === 400) return;
    }
    showConnection(false);
    await new Promise((done) => setTimeout(done, wait));
  }
}

async function follow(signal, mine) {
  const answer = await ask(`/api/v1/stream?${parameters()}`, signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  showConnection(true);
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done || mine !== view) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    events.forEach(take);
  }
}

function take(event) {
  const field = (name) => event.split("\n").filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join("\n");
  const name = field("event");
  if (name === "station") showStation(JSON.parse(field("data")));
  if (name === "counts") {
    counts = JSON.parse(field("data"));
    showCounts();
    if (listedTotal !== null && listedTotal !== counts.total) load();
    listedTotal = counts.total;
  }
}

// ---- showing

function showList(list) {
  element("loading").hidden = true;
  element("login").hidden = true;
  element("fleet").hidden = false;
  stations.clear();
  element("stations").replaceChildren();
  list.items.forEach(showStation);
  element("previous").hidden = cursors.length < 2;
  element("next").hidden = !list.next;
  element("next").onclick = () => { cursors.push(list.next); load(); };
  const filtered = element("district").value.trim() || element("state").value;
  if (list.items.length) showMessage("");
  else if (filtered) showMessage(text("page.empty"));
  else showMessage(`${text("page.none")} · ${text("page.none_hint")}`);
}

function showMessage(message, failed) {
  element("message").textContent = message;
  element("message").className = failed ? "message failed" : "message";
}

function showLogin(status) {
  element("loading").hidden = true;
  element("fleet").hidden = true;
  element("login").hidden = false;
  element("login-problem").textContent = status === 403 ? text("page.token_role") : token ? text("page.token_wrong") : "";
  element("connection").textContent = "";
  element("token").focus();
}

function showConnection(live) {
  connected = live;
  element("connection").textContent = text(live ? (counts && !counts.ready ? "page.not_ready" : "page.live") : "page.reconnecting");
  element("connection").className = live && (!counts || counts.ready) ? "connection live" : "connection broken";
}

function showCounts() {
  element("counts").replaceChildren(...STATES.map((state) => {
    const item = make("li", state);
    item.append(make("strong", "", String(counts.states[state])), make("span", "", text(`state.${state}`)));
    return item;
  }));
  showConnection(connected);
}

function showStation(item) {
  stations.set(item.id, item);
  const card = draw(item);
  const old = element(`station-${item.id}`);
  if (old) old.replaceWith(card);
  else element("stations").append(card);
}

function draw(item) {
  const card = make("li", "station");
  card.id = `station-${item.id}`;
  const other = language === "zh" ? "en" : "zh";
  const name = item.name[language] || item.name[other] || item.id;
  const top = make("div", "top");
  const title = make("div");
  title.append(make("h2", "", name));
  title.append(make("p", "where", [name === item.id ? null : item.id, item.district, item.street].filter(Boolean).join(" · ")));
  top.append(title, make("span", `badge ${item.state}`, text(`state.${item.state}`)));
  card.append(top);
  const seen = make("p", "where", `${text("page.last_seen")} `);
  seen.append(moment(item.last_seen));
  card.append(seen);
  const kinds = Object.entries(item.latest);
  if (!kinds.length) card.append(make("p", "where", text("page.no_readings")));
  for (const [kind, devices] of kinds) {
    for (const [device, reading] of Object.entries(devices)) card.append(drawDevice(kind, device, reading));
  }
  return card;
}

function drawDevice(kind, device, reading) {
  const part = make("section", "device");
  const title = make("h3");
  title.append(make("span", "", `${text(`kind.${kind}`)} · ${device}`), moment(reading.ts));
  const values = make("dl", "values");
  for (const [member, value] of Object.entries(reading)) {
    if (HIDDEN.has(member)) continue;
    const row = make("div");
    const alarm = (ALARMS.has(member) && value === true) || BAD_VALUES.has(value);
    row.append(make("dt", "", text(`member.${member}`)), make("dd", alarm ? "alarm" : "", show(member, value)));
    values.append(row);
  }
  part.append(title, values);
  if (reading.slots) part.append(drawSlots(reading.slots));
  return part;
}

function drawSlots(slots) {
  const list = make("ul", "slots");
  list.append(...slots.map((slot) => {
    const charge = typeof slot.soc_pct === "number" ? ` ${Math.round(slot.soc_pct)}%` : "";
    const item = make("li", slot.state || "", `${slot.slot}${charge}`);
    item.title = [slot.state && text(`value.${slot.state}`), slot.class].filter(Boolean).join(" · ");
    return item;
  }));
  return list;
}

function show(member, value) {
  if (ALARMS.has(member)) return text(value ? "page.alarm" : "page.normal");
  if (typeof value === "boolean") return text(value ? "page.yes" : "page.no");
  if (typeof value === "string") return known(`value.${value}`, value);
  const locale = language === "zh" ? "zh-CN" : "en";
  if (member.endsWith("_fen")) return money(value, locale);
  if (member.endsWith("_s") && value >= 3600) return duration(value, locale);
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(value);
  const unit = UNITS.find(([suffix]) => member.endsWith(suffix));
  return unit ? `${number} ${unit[1]}` : number;
}

function money(fen, locale) {
  const format = { style: "currency", currency: "CNY", currencyDisplay: "narrowSymbol" };
  return new Intl.NumberFormat(locale, format).format(fen / 100);
}

function duration(seconds, locale) {
  const [unit, length] = seconds >= 172800 ? ["day", 86400] : ["hour", 3600];
  return new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 }).format(seconds / length);
}

function moment(ms) {
  const time = make("time");
  if (ms === null || ms === undefined) {
    time.textContent = text("page.never");
    return time;
  }
  const date = new Date(ms);
  time.dateTime = date.toISOString();
  time.title = date.toLocaleString(language === "zh" ? "zh-CN" : "en");
  time.textContent = ago(ms);
  return time;
}

function ago(ms) {
  const format = new Intl.RelativeTimeFormat(language === "zh" ? "zh-CN" : "en", { numeric: "auto", style: "narrow" });
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000));
  if (seconds < 60) return format.format(-seconds, "second");
  if (seconds < 3600) return format.format(-Math.round(seconds / 60), "minute");
  if (seconds < 86400) return format.format(-Math.round(seconds / 3600), "hour");
  return format.format(-Math.round(seconds / 86400), "day");
}

function showLanguage() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = text("page.title");
  document.querySelectorAll("[data-text]").forEach((item) => { item.textContent = text(item.dataset.text); });
  const chosen = element("state").value;
  element("state").replaceChildren(...["", ...STATES].map((state) => {
    const option = make("option", "", state ? text(`state.${state}`) : text("page.all"));
    option.value = state;
    return option;
  }));
  element("state").value = chosen;
  stations.forEach(showStation);
  if (counts) showCounts();
}

// ---- start

function restart() {
  cursors.length = 1;
  load();
}

async function start() {
  texts = await (await fetch("/assets/texts.json")).json();
  showLanguage();
  element("language").onclick = () => {
    language = language === "zh" ? "en" : "zh";
    localStorage.setItem("language", language);
    showLanguage();
  };
  element("district").onchange = restart;
  element("state").onchange = restart;
  element("previous").onclick = () => { cursors.pop(); load(); };
  element("login-form").onsubmit = (event) => {
    event.preventDefault();
    token = element("token").value.trim();
    sessionStorage.setItem("token", token);
    load();
  };
  setInterval(() => document.querySelectorAll("time[datetime]").forEach((time) => {
    time.textContent = ago(Date.parse(time.dateTime));
  }), 5000);
  load();
}

start();
