// What the page does once it is open: draws the charts at their width, follows what the reader chooses, reads out what is
// pointed at, and gives each chart away. Figures and sentences come from the page's data; text is only ever set as text.
(async () => {
  "use strict";
  const unpack = (id) => {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (one) => one.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")));
  };
  const page = await unpack("data").json();
  // The policy of the page names the hash of this script, so that it runs as if it stood in the file.
  const library = document.createElement("script");
  library.textContent = await unpack("vega").text();
  document.head.append(library);
  const { vega } = window, tooltip = new vega.Tooltip({ disableDefaultStyle: true });
  const DAY = 86400000, ABSENT = "–", NARROW = 560;
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const made = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const say = (key, values = {}) => page.words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const decode = (columns) => {
    const names = Object.keys(columns || {});
    const lists = {};
    for (const name of names) {
      const column = columns[name];
      let day = 0, own = 0;
      if (column.d) lists[name] = column.d.map((step) => (day += step) * DAY);
      else if (column.k) lists[name] = column.i.map((place) => (place < 0 ? null : column.k[place]));
      else if (column.c) lists[name] = lists[column.c].map((value) => value ?? column.v[own++]);
      else lists[name] = column.v;
    }
    return (lists[names[0]] || []).map((_, row) => Object.fromEntries(names.map((name) => [name, lists[name][row]])));
  };

  const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
  const forms = {
    date: (value) => new Date(+value).toISOString().slice(0, 10),
    percent: (value) => `${(100 * value).toFixed(2)}${page.words.percent}`,
    fine_percent: (value) => `${(100 * value).toFixed(4)}${page.words.percent}`,
    flag: (value) => page.words[value ? "yes" : "no"],
    number: (value) => grouped.format(value),
    text: String,
  };
  const shown = (value, form) => (form !== "flag" && (value === null || value === undefined) ? ABSENT : forms[form](value));

  // ---- What the reader has chosen. It is in the address, so that a link brings it back. ----
  const state = { model: page.model, others: [], from: null, until: null, all: false };
  const hidden = new Map(page.sections.map((section) => [section.key, new Set()]));
  const day = (text) => (/^\d{4}-\d\d-\d\d$/.test(text || "") ? Date.parse(text) : null);
  const read = () => {
    const given = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    const isKnown = (model) => Object.hasOwn(page.names, model);
    state.model = isKnown(given.get("model")) ? given.get("model") : page.model;
    state.others = given.getAll("with").filter((one) => isKnown(one) && one !== state.model).slice(0, 3);
    state.from = day(given.get("from"));
    state.until = day(given.get("until"));
    state.all = given.get("all") === "1";
    return given.get("chart");
  };
  const address = (chart) => {
    const given = new URLSearchParams();
    if (state.model !== page.model) given.set("model", state.model);
    state.others.forEach((one) => given.append("with", one));
    if (state.from !== null) given.set("from", forms.date(state.from));
    if (state.until !== null) given.set("until", forms.date(state.until));
    if (state.all) given.set("all", "1");
    if (chart) given.set("chart", chart);
    return given.toString();
  };
  const go = (changes) => {
    Object.assign(state, changes);
    const wanted = address();
    if (wanted === location.hash.slice(1)) show(); else location.hash = wanted || "story";
  };

  // ---- Rows of a chart ----
  const isComparing = (section) => section.compare_spec !== null && state.others.length > 0;
  const isRanged = () => state.from !== null || state.until !== null;
  const keptBy = (section) => {
    const fields = [section.x, "at"], off = hidden.get(section.key);
    return (row) => {
      if (row.beyond && !state.all && !isRanged()) return false;
      if (off.size && off.has(String(row[section.legend_field]))) return false;
      if (section.x === null) return true;
      return fields.every((field) => row[field] === undefined || row[field] === null
        || ((state.from === null || row[field] >= state.from) && (state.until === null || row[field] <= state.until)));
    };
  };
  const rowsOf = (section, name) => {
    const dataset = section.datasets[name];
    if (!dataset.by_model) return decode(dataset.rows);
    if (!isComparing(section)) return decode(dataset.by_model[state.model]);
    return [state.model, ...state.others].flatMap((model, place) =>
      decode(dataset.by_model[model]).map((row) => ({ ...row, base_permaslug: model, label: page.names[model], series: place })));
  };

  const fillTable = (section, rows) => {
    find(`#${section.key} tbody`).replaceChildren(...rows.filter((row) => !row.heading).map((row) => {
      const line = document.createElement("tr");
      section.columns.forEach((column, place) => {
        const cell = document.createElement(place ? "td" : "th");
        if (!place) cell.scope = "row";
        if (column.form === "text") cell.className = "t";
        cell.textContent = shown(row[column.name], column.form);
        line.append(cell);
      });
      return line;
    }));
  };

  // Of a long table the file itself has the end, for readers without scripts.
  const filled = new Map();  // by section: the model whose whole table is there
  const fillWhole = (section) => {
    const wanted = section.table ? state.model : "";
    if (filled.get(section.key) === wanted) return;
    filled.set(section.key, wanted);
    if (section.table) fillTable(section, decode(section.datasets[section.table].by_model[state.model]));
    else if (section.whole) fillTable(section, decode(section.whole));
  };

  // A day is not broken at its hyphens, a share not before its sign; CSS has no other word for that. As in the template.
  const write = (target, text) => target.replaceChildren(...text.split(/(\d{4}-\d\d-\d\d|\d[\d.,–]* %|\b\d{1,2} [A-Z][a-z]{2,8}\b)/).map((part, place) =>
    (place % 2 === 0 ? part : made("span", { className: "whole" }, part))));

  // ---- Drawing ----
  const drawn = new Map();  // by section: what is drawn, or is being drawn
  const shows = new Map();  // by section: what is in sight, at first the drawing of the file
  const follows = (section) => Object.keys(section.titles).length > 0;
  const wantedOf = (section) => JSON.stringify([
    follows(section) ? state.model : "", isComparing(section) ? state.others : [], section.x && [state.from, state.until, state.all],
    [...hidden.get(section.key)],
  ]);
  const atFirst = new Map(page.sections.map((section) => [section.key, wantedOf(section)]));
  const placeOf = (section) => find(`#${section.key} .chart`);

  // What is in sight stays there until the new drawing is whole: there is no instant at which a chart is empty.
  const draw = async (section) => {
    const target = placeOf(section), wanted = wantedOf(section);
    if (!target || drawn.get(section.key) === wanted) return;
    drawn.set(section.key, wanted);
    const spec = structuredClone(isComparing(section) ? section.compare_spec : section.spec);
    for (const source of spec.data) if (Object.hasOwn(section.datasets, source.name)) source.values = rowsOf(section, source.name).filter(keptBy(section));
    const isNarrow = target.clientWidth < NARROW;
    const values = { model: state.model, narrow: isNarrow, whole: isRanged() || state.all };
    for (const signal of spec.signals) if (Object.hasOwn(values, signal.name)) signal.value = values[signal.name];
    if (isNarrow) spec.padding.right = Math.min(spec.padding.right, 12);
    const box = made("div", { className: "drawing" });
    box.setAttribute("role", "img");
    box.setAttribute("aria-labelledby", `${section.key}-title`);
    target.append(box);
    try {
      const view = await new vega.View(vega.parse(spec, {}, { ast: true }), {
        expr: vega.expressionInterpreter, renderer: "svg", container: box, tooltip: tooltip.call,
      }).runAsync();
      if (drawn.get(section.key) !== wanted) { view.finalize(); box.remove(); return; }
      drawn.get(target)?.finalize();
      drawn.set(target, view);
      box.classList.remove("drawing");
      target.replaceChildren(box);
      view.addEventListener("click", (_, item) => {
        if (item && item.datum && !box.dataset.brushed) point(section, item.datum);
      });
      if (section.hover) readOut(section, view, target, box);
      numberMarks(section, isNarrow);
      nameAreas(section, isNarrow);
      shows.set(section.key, wanted);
      target.classList.remove("wait");
    } catch (error) {
      box.remove();
      throw error;
    }
  };
  // On a phone there is no room for words above a chart: there are numbers, and the words in a list below.
  const numberMarks = (section, isNarrow) => {
    const list = find(`#${section.key} .events`);
    if (list) list.replaceChildren(...(isNarrow ? rowsOf(section, "marks").filter(keptBy(section)).map((row) => made("li", {}, row.label)) : []));
  };

  // Areas whose names have no room in them.
  const nameAreas = (section, isNarrow) => {
    const list = find(`#${section.key} .unnamed`);
    if (list) list.replaceChildren(...rowsOf(section, "unnamed").filter((row) => isNarrow || row.is_wide).map((row) => made("span", { className: row.kind }, row.label)));
  };

  // Those in sight first, the others whenever there is nothing else to do, and what is left when the page is printed.
  const idle = window.requestIdleCallback || ((work) => setTimeout(work, 50));
  let isDrawing = false;
  const drawRest = () => {
    const next = page.sections.find((section) => placeOf(section) && drawn.get(section.key) !== wantedOf(section));
    if (isDrawing || !next) return;
    isDrawing = true;
    idle(() => { draw(next).finally(() => { isDrawing = false; drawRest(); }); });
  };
  window.addEventListener("beforeprint", () => {
    find("#hood").open = true;
    page.sections.forEach((section) => { draw(section); fillWhole(section); });
  });

  // ---- Reading out: all lit rows at the nearest point of time, by pointer and by arrow keys; a drag chooses a range ----
  const drawnAt = (view, hover) => {
    const times = new Map();
    const walk = (item) => {
      const datum = item.datum;
      if (datum && datum[hover.x] !== undefined && datum[hover.label] !== undefined && datum[hover.value] !== undefined) {
        const at = +datum[hover.x];
        if (!times.has(at)) times.set(at, new Map());
        if (!times.get(at).has(datum[hover.label])) times.get(at).set(datum[hover.label], datum);
      }
      (item.items || []).forEach(walk);
    };
    walk(view.scenegraph().root);
    return new Map([...times].sort(([one], [other]) => one - other));
  };
  const readOut = (section, view, target, box) => {
    const hover = section.hover, times = drawnAt(view, hover), list = [...times.keys()];
    if (!list.length) return;
    const scale = view.scale("x"), left = view.origin()[0], half = hover.span * DAY / 2;
    const pixelOf = (at) => left + scale(at + half);
    const rule = made("div", { className: "rule", hidden: true }), tip = made("div", { className: "tip", hidden: true });
    const live = find(`#${section.key} .live`);
    target.append(rule, tip);
    box.tabIndex = 0;
    let place = -1;
    const valueOf = (datum) => {
      const value = datum[hover.value];
      if (value !== null && !Number.isNaN(value)) return shown(value, hover.form);
      const most = hover.upper && datum[hover.upper];
      return most === null || most === undefined ? ABSENT : `${say("at_most")} ${shown(most, hover.form)}`;
    };
    const tell = (next, isRead) => {
      place = next;
      rule.hidden = tip.hidden = place < 0;
      if (place < 0) return;
      const at = list[place], x = pixelOf(at), rows = [...times.get(at)];
      const when = `${hover.span === 7 ? `${say("week_of")} ` : ""}${forms.date(at)}`;
      tip.replaceChildren(made("strong", {}, when), ...rows.map(([label, datum]) =>
        made("span", {}, made("span", {}, String(label)), made("b", {}, valueOf(datum)))));
      rule.style.left = `${x}px`;
      tip.style.left = `${Math.max(0, Math.min(x + 12, target.clientWidth - tip.offsetWidth - 2))}px`;
      if (x + 12 + tip.offsetWidth > target.clientWidth) tip.style.left = `${Math.max(0, x - 12 - tip.offsetWidth)}px`;
      if (isRead) live.textContent = `${when}: ${rows.map(([label, datum]) => `${label} ${valueOf(datum)}`).join("; ")}`;
    };
    const nearest = (x) => list.reduce((best, at, number) => (Math.abs(pixelOf(at) - x) < Math.abs(pixelOf(list[best]) - x) ? number : best), 0);
    let start = null;
    box.addEventListener("pointerdown", (event) => { start = event.offsetX; delete box.dataset.brushed; });
    box.addEventListener("pointermove", (event) => {
      const x = event.clientX - box.getBoundingClientRect().left;
      tell(nearest(x), false);
      if (start !== null && event.buttons && Math.abs(x - start) > 12) box.dataset.brushed = "yes";
    });
    box.addEventListener("pointerup", (event) => {
      const x = event.clientX - box.getBoundingClientRect().left;
      if (box.dataset.brushed && section.x) {
        const [from, until] = [start, x].sort((one, other) => one - other).map((one) => list[nearest(one)]);
        if (from < until) go({ from, until });
      }
      start = null;
    });
    box.addEventListener("pointerleave", () => { start = null; tell(-1, false); });
    box.addEventListener("blur", () => tell(-1, false));
    box.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: place < 0 ? list.length - 1 : Math.max(0, place - 1), ArrowRight: Math.min(list.length - 1, place + 1),
        Home: 0, End: list.length - 1, Escape: -1 }[event.key];
      if (step !== undefined) { tell(step, true); event.preventDefault(); }
      if (event.key === "Enter" && place >= 0) point(section, [...times.get(list[place]).values()][0]);
    });
  };

  // ---- From a mark to its row: in the table behind the chart, and in the published file ----
  const forget = (section) => {
    all(`#${section.key} tr.chosen`).forEach((one) => one.classList.remove("chosen"));
    find(`#${section.key} .row`).replaceChildren();
  };
  const literal = (value, isDate) => {
    if (value === null || value === undefined) return "null";
    if (isDate) return `'${forms.date(value)}'`;
    return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
  };
  const point = (section, mark) => {
    if (!section.row_columns.length) return;
    fillWhole(section);
    const wanted = section.row_columns.map((name) => {
      const place = section.columns.findIndex((column) => column.name === name);
      return [place, mark[name] === undefined ? null : shown(mark[name], section.columns[place].form)];
    });
    const row = all(`#${section.key} tbody tr`).find((one) => wanted.every(([place, text]) => one.cells[place].textContent.trim() === text));
    if (!row) return;
    forget(section);
    row.classList.add("chosen");
    row.closest("details").open = true;
    const frame = row.closest(".scroll");
    frame.scrollTop = row.offsetTop - frame.clientHeight / 2;
    const fields = { base_permaslug: state.model, ...mark };
    const query = made("code", {}), asked = section.row_queries[state.model] || section.row_query;
    query.textContent = asked.replace(/\{(\w+)(:date)?\}/g, (_, name, isDate) => literal(fields[name], isDate));
    find(`#${section.key} .row`).replaceChildren(say("row_in_file"), query);
  };

  // ---- Giving a chart away ----
  const base = () => location.href.replace(/[#?].*$/, "");
  const linkTo = (section) => `${base()}#${address(section.key)}`;
  const download = (name, blob) => {
    const link = made("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const plain = { percent: (text) => parseFloat(text) / 100, fine_percent: (text) => parseFloat(text) / 100,
    number: (text) => text.replaceAll(",", ""), flag: (text) => text === page.words.yes };
  const csvOf = (section) => {
    // A cell that a spreadsheet would take for a formula is quoted as text.
    const quoted = (value) => { const text = /^[=+@\t]/.test(value) ? `'${value}` : String(value); return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text; };
    fillWhole(section);
    const lines = all(`#${section.key} details.data tbody tr`).map((row) => [...row.cells].map((cell, place) => {
      const text = cell.textContent.trim(), form = plain[section.columns[place].form];
      if (text === ABSENT) return "";
      const value = form ? form(text) : text;
      return quoted(typeof value === "number" ? Number(value.toPrecision(12)) : value);
    }));
    const cited = quoted(section.cite.join(" "));
    return [[...section.columns.map((one) => one.name), "citation"], ...lines.map((line) => [...line, cited])].map((line) => line.join(",")).join("\r\n");
  };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const wrapped = (text, width, font) => {
    const pen = document.createElement("canvas").getContext("2d"), lines = [""];
    pen.font = font;
    for (const word of text.match(/[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*/g) || []) {
      if (lines.at(-1) && pen.measureText(lines.at(-1) + word.trim()).width > width) lines.push("");
      lines[lines.length - 1] += word;
    }
    return lines.map((line) => line.trim());
  };
  const svgOf = (section) => {
    const source = find(`#${section.key} .chart svg`), space = "http://www.w3.org/2000/svg", margin = 24;
    const width = source.clientWidth + 2 * margin, inner = source.clientWidth, family = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";
    const picture = document.createElementNS(space, "svg");
    const add = (tag, attributes, text) => {
      const element = document.createElementNS(space, tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      if (text) element.textContent = text;
      picture.append(element);
      return element;
    };
    const background = add("rect", { x: 0, y: 0, fill: colour("--paper") });
    let y = margin;
    const paragraph = (text, size, fill, weight) => {
      for (const line of wrapped(text, inner, `${weight} ${size}px ${family}`)) {
        y += size * 1.3;
        add("text", { x: margin, y, fill, "font-size": size, "font-weight": weight, "font-family": family }, line);
      }
    };
    const textOf = (selector) => find(`#${section.key} ${selector}`)?.textContent.trim() || "";
    const isHero = section.key === "hero";
    paragraph(isHero ? find("#headline").textContent : textOf("h2"), 22, colour("--ink"), "bold");
    paragraph(isHero ? textOf("h2") : textOf(".what"), 14, colour("--muted"), "normal");
    y += 12;
    // The legend, as picture.py draws it.
    const keys = all(`#${section.key} .key > *`), pen = document.createElement("canvas").getContext("2d");
    pen.font = `13px ${family}`;
    let x = margin;
    for (const one of keys) {
      const [kind, shape = kind] = one.className.split(" "), text = one.textContent, length = pen.measureText(text).width + 36;
      const fill = `var(--${{ band: "slate", cap: "faint", line: "ink" }[kind] || kind})`;
      if (x > margin && x + length > width) { x = margin; y += 20; }
      if (["solid", "dots", "dashes", "cap", "line"].includes(shape)) {
        add("line", { x1: x, x2: x + 12, y1: y + 6, y2: y + 6, stroke: fill, "stroke-width": 2, "stroke-dasharray": { dots: "2 2", dashes: "5 2", line: "4 2" }[shape] || "none" });
      } else {
        add("rect", { x, y, width: 12, height: 12, fill, "fill-opacity": { band: 0.6, wash: 0.6 }[shape] || 1 });
      }
      add("text", { x: x + 18, y: y + 11, fill: colour("--muted"), "font-size": 13, "font-family": family }, text);
      x += length;
    }
    if (keys.length) y += 24;
    const copy = source.cloneNode(true);
    for (const [name, value] of Object.entries({ x: margin, y, width: inner, height: source.clientHeight })) copy.setAttribute(name, value);
    picture.append(copy, find("#hatch").parentNode.cloneNode(true));
    y += source.clientHeight + 4;
    all(`#${section.key} .events li`).forEach((one, place) => paragraph(`${place + 1} ${one.textContent}`, 12, colour("--ink"), "normal"));
    if (find("[fill='url(#hatch)']", source)) paragraph(say("provisional"), 11, colour("--muted"), "normal");
    paragraph(section.cite.join(" "), 11, colour("--muted"), "normal");
    const height = Math.ceil(y + margin);
    for (const element of [picture, background]) { element.setAttribute("width", width); element.setAttribute("height", height); }
    if (page.is_simulated) {
      add("text", { x: width / 2, y: height / 2, "text-anchor": "middle", "font-size": width / 8, "font-weight": "bold", fill: colour("--lit"), opacity: 0.25,
        "font-family": family, transform: `rotate(-20 ${width / 2} ${height / 2})` }, "SIMULATED");
    }
    return { text: new XMLSerializer().serializeToString(picture).replace(/var\((--[a-z-]+)\)/g, (_, name) => colour(name)), width, height };
  };
  const pngOf = async (section) => {
    const drawing = svgOf(section), image = new Image(), canvas = made("canvas", { width: 2 * drawing.width, height: 2 * drawing.height });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawing.text)}`;
    await image.decode();
    const pen = canvas.getContext("2d");
    pen.scale(2, 2);
    pen.drawImage(image, 0, 0);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };
  const dialog = find("#dialog"), field = find("#dialog textarea");
  const offer = (title, text) => {
    find("#dialog-title").textContent = title;
    find("#copy").textContent = say("copy");
    find("#close").textContent = say("close");
    field.value = text;
    dialog.showModal();
    field.select();
  };
  find("#copy").addEventListener("click", async () => {
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
    find("#copy").textContent = say("copied");
  });
  find("#close").addEventListener("click", () => dialog.close());
  const open = (section, kind) => {
    const details = find(`#${section.key} details.${kind}`);
    details.open = true;
    details.scrollIntoView({ block: "nearest" });
    find("summary", details).focus();
  };
  const kit = {
    data: (section) => open(section, "data"),
    sql: (section) => open(section, "sql"),
    csv: (section) => download(`${section.key}.csv`, new Blob([csvOf(section)], { type: "text/csv" })),
    svg: (section) => download(`${section.key}.svg`, new Blob([svgOf(section).text], { type: "image/svg+xml" })),
    png: async (section) => download(`${section.key}.png`, await pngOf(section)),
    link: (section) => offer(say("link_title"), linkTo(section)),
    embed: (section) => offer(say("embed_title"),
      `<iframe src="${base().replace(/[^/]*$/, "").replace(/archive\/[^/]+\/$/, "")}embed/${section.key}.html" title="${find(`#${section.key} h2`).textContent.replaceAll('"', "&quot;")}" width="100%" height="520" style="border:0" loading="lazy"></iframe>`),
    cite: (section) => offer(say("cite_title"), `${find(`#${section.key} h2`).textContent}. ${section.cite.join(" ")} ${linkTo(section)}`),
  };
  all("details.sql").forEach((details) => details.addEventListener("toggle", () =>
    all("code", details).forEach((path) => (find("pre", path.parentElement.nextElementSibling).textContent = page.sql[path.textContent]))));
  for (const section of page.sections) {
    find(`#${section.key} details.data`)?.addEventListener("toggle", () => fillWhole(section));
    all(`#${section.key} .kit button`).forEach((button) => button.addEventListener("click", () => kit[button.dataset.do](section)));
    all(`#${section.key} .legend button`).forEach((button) => button.addEventListener("click", () => {
      const off = hidden.get(section.key), name = button.dataset.series;
      if (!off.delete(name)) off.add(name);
      button.setAttribute("aria-pressed", String(!off.has(name)));
      draw(section);
    }));
  }

  // ---- Following the choice ----
  const isNear = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const section = page.sections.find((one) => one.key === entry.target.closest("section").id);
      if (entry.isIntersecting) { isNear.add(section); draw(section); } else isNear.delete(section);
    }
  }, { rootMargin: "400px" });

  const form = find(".explore");
  const showStory = () => {
    const story = page.stories[state.model];
    write(find("#headline"), story.headline);
    write(find("#lede"), story.lede);
    find("#figures").replaceChildren(...story.figures.map((one) => made("li", {}, made("b", {}, one.value), " ", made("span", {}, one.label))));
  };
  const showChoice = () => {
    if (!form) return;
    find("#model").value = page.names[state.model];
    find("#compare").value = "";
    find("#compare").disabled = state.others.length >= 3;
    find("#compared").replaceChildren(...state.others.map((one) => {
      const chip = made("button", { type: "button", className: "chip" }, `${page.names[one]} ×`);
      chip.setAttribute("aria-label", `${say("remove")} ${page.names[one]}`);
      chip.addEventListener("click", () => go({ others: state.others.filter((other) => other !== one) }));
      return chip;
    }));
    find("#from").value = state.from === null ? "" : forms.date(state.from);
    find("#until").value = state.until === null ? "" : forms.date(state.until);
    find("#all").setAttribute("aria-pressed", String(state.all));
    find("#back").hidden = address() === "";
  };
  const show = () => {
    const chart = read();
    if (state.model !== page.model || find("#headline").dataset.set) { showStory(); find("#headline").dataset.set = "yes"; }
    showChoice();
    for (const section of page.sections) {
      if (follows(section)) {
        write(find(`#${section.key} h2`), section.titles[state.model] || section.titles[page.model]);
        forget(section);
        if (section.table && (state.model !== page.model || filled.has(section.key))) fillWhole(section);
      }
      // The drawing of another model must not be taken for this one's.
      placeOf(section)?.classList.toggle("wait", (shows.get(section.key) ?? atFirst.get(section.key)) !== wantedOf(section));
      if (isNear.has(section)) draw(section);
    }
    const bar = find(".bar"), isSticky = getComputedStyle(bar).position === "sticky";
    document.documentElement.style.scrollPaddingTop = isSticky ? `${bar.offsetHeight + parseFloat(getComputedStyle(bar).top) + 8}px` : "0";
    const target = chart && document.getElementById(chart);
    if (target) { const group = target.closest("details.group"); if (group) group.open = true; target.scrollIntoView(); }
    drawRest();
  };
  if (form) {
    const slugOf = (name) => Object.keys(page.names).find((one) => page.names[one].toLowerCase() === name.trim().toLowerCase() || one === name.trim());
    const choose = (input, take) => input.addEventListener("change", () => {
      const slug = slugOf(input.value);
      find("#unknown").textContent = slug || !input.value.trim() ? "" : say("no_model");
      if (slug) take(slug);
    });
    choose(find("#model"), (slug) => go({ model: slug, others: state.others.filter((one) => one !== slug) }));
    choose(find("#compare"), (slug) => go({ others: [...new Set([...state.others, slug])].filter((one) => one !== state.model).slice(0, 3) }));
    const weeks = [...new Set(page.sections.filter((one) => one.datasets.board).flatMap((one) => decode(one.datasets.board.rows).map((row) => row.week_start)))].sort();
    for (const id of ["from", "until"]) {
      find(`#${id}`).append(...weeks.map((week) => made("option", { value: forms.date(week) }, forms.date(week))));
      find(`#${id}`).addEventListener("change", (event) => go({ [id]: day(event.target.value) }));
    }
    find("#all").addEventListener("click", () => go({ all: !state.all }));
    find("#back").addEventListener("click", (event) => { event.preventDefault(); go({ model: page.model, others: [], from: null, until: null, all: false }); });
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  window.addEventListener("hashchange", () => {
    if (location.hash === "#hood") find("#hood").open = true;
    show();
  });

  // ---- Ages, as of now ----
  const hours = (milliseconds) => Math.round(milliseconds / 3600000);
  const opened = Date.now(), age = opened - page.data_until, old = find("#age");
  // The age of the data: tables that were built a minute ago may be of last year.
  if (old && age > 0) old.textContent = ` · ${age < 2 * DAY ? say("age_hours", { n: hours(age) }) : say("age_days", { n: grouped.format(Math.floor(age / DAY)) })}`;
  if (opened > page.built_at) {
    for (const row of all("[data-since]")) {
      const since = opened - Number(row.dataset.since), limit = Number(row.dataset.limit);
      find(".age", row).textContent = `${grouped.format(hours(since))} h`;
      if (limit && since > limit) find(".state", row).textContent = say("stale_over", { n: hours(limit) });
    }
    find("#ages-at").textContent = say("health_now");
  }

  show();
  all(".chart").forEach((one) => watcher.observe(one));
  document.documentElement.dataset.ready = "yes";
  performance.mark("ready");
})();
