// What the page does once it is open: draws the charts at their width, follows the chosen model, says how old it is.
// Figures and sentences come from the page's data; text is only ever set as text.
(async () => {
  "use strict";
  const unpack = (id) => {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (one) => one.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")));
  };
  const page = await unpack("data").json();
  // The policy of the page names the hash of this script, so that it runs as if it stood in the file.
  const vega = document.createElement("script");
  vega.textContent = await unpack("vega").text();
  document.head.append(vega);
  const DAY = 86400000, ABSENT = "–";

  const decode = (columns) => {
    const names = Object.keys(columns || {});
    const lists = names.map((name) => {
      const column = columns[name];
      if (column.d) { let day = 0; return column.d.map((step) => (day += step) * DAY); }
      if (column.k) return column.i.map((place) => (place < 0 ? null : column.k[place]));
      return column.v;
    });
    return (lists[0] || []).map((_, row) => Object.fromEntries(names.map((name, column) => [name, lists[column][row]])));
  };
  const rowsOf = (dataset, model) => decode(dataset.by_model ? dataset.by_model[model] : dataset.rows);

  const grouped = new Intl.NumberFormat("en-US");
  const forms = {
    date: (value) => new Date(value).toISOString().slice(0, 10),
    percent: (value) => `${(100 * value).toFixed(2)} %`,
    flag: (value) => (value ? "yes" : "no"),
    number: (value) => grouped.format(value),
    text: String,
  };
  const shown = (value, form) => (form !== "flag" && (value === null || value === undefined) ? ABSENT : forms[form](value));

  const fillTable = (section, rows) => {
    const body = document.querySelector(`#${section.key} tbody`);
    body.replaceChildren(...rows.map((row) => {
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

  // A day is not broken at its hyphens, a share not before its sign; CSS has no other word for that. As in the template.
  const say = (target, text) => target.replaceChildren(...text.split(/(\d{4}-\d\d-\d\d|\d[\d.,]* %)/).map((part, place) => {
    if (place % 2 === 0) return part;
    const whole = document.createElement("span");
    whole.className = "whole";
    whole.textContent = part;
    return whole;
  }));

  let model = page.model;
  const drawn = new Map();  // by section: the model that is drawn, or is being drawn
  const shows = new Map();  // by section: the model whose drawing is in sight, at first the one of the file
  const wantedOf = (section) => (section.follows ? model : page.model);
  const placeOf = (section) => document.querySelector(`#${section.key} .chart`);

  // What is in sight stays there until the new drawing is whole: there is no instant at which a chart is empty.
  const draw = async (section) => {
    const target = placeOf(section), wanted = wantedOf(section);
    if (!target || drawn.get(section.key) === wanted) return;
    drawn.set(section.key, wanted);
    const spec = structuredClone(section.spec);
    spec.datasets = {};
    for (const [name, dataset] of Object.entries(section.datasets)) spec.datasets[name] = rowsOf(dataset, wanted);
    for (const param of spec.params || []) {
      if (param.name === "model") param.value = wanted;
      if (param.name === "narrow" && target.clientWidth < 560) { param.value = true; spec.padding.right = 12; }
    }
    spec.description = document.querySelector(`#${section.key} h2`).textContent;
    const box = document.createElement("div");
    box.className = "drawing";
    box.setAttribute("role", "img");
    box.setAttribute("aria-labelledby", `${section.key}-title`);
    target.append(box);
    try {
      const made = await window.vegaEmbed(box, spec, {
        mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false, logLevel: 1, config: page.config,
        tooltip: { disableDefaultStyle: true },
      });
      if (drawn.get(section.key) !== wanted) { made.finalize(); box.remove(); return; }
      drawn.get(target)?.finalize();
      drawn.set(target, made);
      made.view.addEventListener("click", (_, item) => { if (item && item.datum) point(section, item.datum); });
      box.classList.remove("drawing");
      target.replaceChildren(box);
      shows.set(section.key, wanted);
      target.classList.remove("wait");
    } catch (error) {
      box.remove();
      throw error;
    }
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
  window.addEventListener("beforeprint", () => page.sections.forEach(draw));

  // From a mark to its row: in the table behind the chart, and in the published file.
  const forget = (section) => {
    document.querySelectorAll(`#${section.key} tr.chosen`).forEach((one) => one.classList.remove("chosen"));
    document.querySelector(`#${section.key} .row`).replaceChildren();
  };
  const literal = (value, isDate) => {
    if (value === null || value === undefined) return "null";
    if (isDate) return `'${forms.date(value)}'`;
    return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
  };
  const point = (section, mark) => {
    const wanted = section.row_columns.map((name) => {
      const place = section.columns.findIndex((column) => column.name === name);
      return [place, mark[name] === undefined ? null : shown(mark[name], section.columns[place].form)];
    });
    const rows = [...document.querySelectorAll(`#${section.key} tbody tr`)];
    const row = rows.find((one) => wanted.every(([place, text]) => one.cells[place].textContent.trim() === text));
    if (!row) return;
    forget(section);
    row.classList.add("chosen");
    row.closest("details").open = true;
    const frame = row.closest(".scroll");
    frame.scrollTop = row.offsetTop - frame.clientHeight / 2;
    const fields = { base_permaslug: model, ...mark };
    const query = document.createElement("code"), asked = section.row_queries[model] || section.row_query;
    query.textContent = asked.replace(/\{(\w+)(:date)?\}/g, (_, name, isDate) => literal(fields[name], isDate));
    document.querySelector(`#${section.key} .row`).replaceChildren("This row in the published file: ", query);
  };

  const isNear = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const section = page.sections.find((one) => one.key === entry.target.closest("section").id);
      if (entry.isIntersecting) { isNear.add(section); draw(section); } else isNear.delete(section);
    }
  }, { rootMargin: "400px" });

  const box = document.getElementById("model");
  const show = () => {
    const asked = new URLSearchParams(location.hash.slice(1)).get("model");
    model = asked !== null && page.models[asked] ? asked : page.model;
    if (box) box.value = model;
    for (const section of page.sections.filter((one) => one.follows)) {
      const said = page.models[model][section.key];
      say(document.querySelector(`#${section.key} h2`), said);
      forget(section);
      if (section.table) fillTable(section, rowsOf(section.datasets[section.table], model));
      // The drawing of another model must not be taken for this one's.
      placeOf(section)?.classList.toggle("wait", (shows.get(section.key) ?? page.model) !== model);
      if (isNear.has(section)) draw(section);
    }
    drawRest();
  };
  if (box) {
    box.addEventListener("change", () => { location.hash = new URLSearchParams({ model: box.value }); });
    window.addEventListener("hashchange", show);
  }

  const hours = (milliseconds) => Math.round(milliseconds / 3600000);
  const opened = Date.now(), age = opened - page.data_until, old = document.getElementById("age");
  // The age of the data: tables that were built a minute ago may be of last year.
  if (old && age > 0) old.textContent = age < 2 * DAY ? `, ${hours(age)} hours old` : `, ${Math.floor(age / DAY)} days old`;
  if (opened > page.built_at) {
    for (const row of document.querySelectorAll("[data-since]")) {
      const since = opened - Number(row.dataset.since), limit = Number(row.dataset.limit);
      row.querySelector(".age").textContent = `${grouped.format(hours(since))} h`;
      if (limit && since > limit) row.querySelector(".state").textContent = `stale: over ${hours(limit)} h`;
    }
    document.getElementById("ages-at").textContent = "when you opened this page";
  }

  show();
  document.querySelectorAll(".chart").forEach((one) => watcher.observe(one));
  document.documentElement.dataset.ready = "yes";
  performance.mark("ready");
})();
