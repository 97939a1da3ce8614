// What the page does once it is open: draws the charts at their width, follows the chosen model, says how old it is.
// Figures and sentences come from the page's data; text is only ever set as text.
(() => {
  "use strict";
  const page = JSON.parse(document.getElementById("data").textContent);
  const DAY = 86400000, ABSENT = "–";

  const decode = (columns) => {
    const names = Object.keys(columns || {});
    const lists = names.map((name) => {
      const column = columns[name];
      if (column.d) { let day = 0; return column.d.map((step) => (day += step) * DAY); }
      if (column.k) return column.i.map((place) => (place < 0 ? null : column.k[place]));
      if (column.f) return column.f.map((share) => (share === null ? null : share / 100000));
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
        if (column.form !== "text") cell.className = "n";
        cell.textContent = shown(row[column.name], column.form);
        line.append(cell);
      });
      return line;
    }));
  };

  let model = page.model;
  const drawn = new Map();

  const draw = async (section) => {
    const target = document.querySelector(`#${section.key} .chart`);
    const wanted = section.follows ? model : page.model;
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
    try {
      const box = document.createElement("div");
      box.style.width = "100%";
      const still = target.firstElementChild;
      if (still && still.tagName === "DIV") { drawn.get(target)?.finalize(); still.remove(); }
      target.prepend(box);
      const made = await window.vegaEmbed(box, spec, {
        mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false, logLevel: 1, config: page.config,
        tooltip: { disableDefaultStyle: true },
      });
      if (drawn.get(section.key) !== wanted) { made.finalize(); box.remove(); return; }
      drawn.set(target, made);
      target.querySelectorAll(":scope > svg").forEach((one) => one.remove());
      target.classList.remove("wait");
      box.style.display = "";
    } catch (error) {
      target.classList.remove("wait");
      throw error;
    }
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
      document.querySelector(`#${section.key} h2`).textContent = said;
      if (section.columns.length) fillTable(section, rowsOf(section.datasets[section.table], model));
      if (isNear.has(section)) draw(section);
    }
  };
  if (box) {
    box.addEventListener("change", () => { location.hash = new URLSearchParams({ model: box.value }); });
    window.addEventListener("hashchange", show);
  }

  const hours = (milliseconds) => Math.round(milliseconds / 3600000);
  const opened = Date.now(), age = opened - page.built_at;
  const old = document.getElementById("age");
  if (age > 0) {
    old.textContent = age < 2 * DAY ? `${hours(age)} hours before you opened it` : `${Math.floor(age / DAY)} days before you opened it`;
    for (const row of document.querySelectorAll("[data-since]")) {
      const since = opened - Number(row.dataset.since), limit = Number(row.dataset.limit);
      row.querySelector(".age").textContent = `${grouped.format(hours(since))} h`;
      if (limit && since > limit) row.querySelector(".verdict").textContent = `stale: over ${hours(limit)} h`;
    }
    document.getElementById("ages-at").textContent = "when you opened this page";
  }

  show();
  document.querySelectorAll(".chart").forEach((one) => { one.classList.add("wait"); watcher.observe(one); });
  document.documentElement.dataset.ready = "yes";
})();
