"""A marimo notebook on the published file: the charts of the page for any model, and the questions of the warehouse.

Belongs here: what a reader plays with. Not here: SQL, which is in ``warehouse``; the file is opened as ``sql`` opens it.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="M2's share of coding")

with app.setup:
    import marimo as mo
    import polars as pl

    from pipeline import store
    from pipeline.publish import saved_queries
    from pipeline.publish.report import still
    from pipeline.publish.report.sections import sections_of
    from pipeline.publish.report.words import words
    from pipeline.run.directory import choose


@app.cell
def _():
    data_dir = choose().settings.data_dir
    mo.stop(
        not data_dir.published.exists(),
        mo.callout(
            mo.md(
                f"`{data_dir.published}` does not exist yet: `openrouter-usage run` or `rebuild` publishes it. "
                "`OPENROUTER_USAGE_DATA_DIR` names another data directory."
            ),
            kind="warn",
        ),
    )
    return (data_dir,)


@app.cell
def _(data_dir):
    def ask(sql):
        """What a select gives. The file is closed again at once, so that the next question asks the newest build."""
        with store.Store(data_dir).reader() as con:
            return store.ask(con, sql)

    def frame(names, rows):
        return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)

    return ask, frame


@app.cell
def _(ask, data_dir, frame):
    built = frame(*ask(store.read_sql("internal/newest_build")))["built_at"].max()
    about = "" if built is None else f", built {built:%Y-%m-%d %H:%M} UTC"
    simulated = mo.callout(mo.md("**SIMULATED** data, made by the built-in simulator: not OpenRouter's."), kind="danger")
    mo.vstack(
        [
            *([simulated] if data_dir.is_simulated else []),
            mo.md(f"# Share of coding\n\n`{data_dir.published}`{about}."),
        ]
    )


@app.cell
def _(data_dir):
    class Found:
        """Rows by the name of the page's query. A notebook is for its reader's own use: nothing is left out."""

        is_local = True
        words = words("en")

        def __init__(self, con):
            self.con = con

        def __call__(self, query):
            return store.rows(self.con, store.read_sql(query if "/" in query else f"report/{query}"))

    def draw(section, model):
        """A section of the page as a picture of its own, with the colours of the page's light theme."""
        return mo.Html(still.coloured(still.svg_of(section, model, width=760)))

    with store.Store(data_dir).reader() as con:
        charts = {one.key: one for one in sections_of(Found(con)) if one.spec is not None and one.rows}
    return charts, draw


@app.cell
def _(charts):
    listed = sorted({name for one in charts.values() for name in one.titles})
    m2 = "minimax/minimax-m2"
    model = mo.ui.dropdown(listed, value=m2 if m2 in listed else None, label="model", searchable=True)
    chart = mo.ui.dropdown(list(charts), value=next(iter(charts), None), label="chart")
    mo.hstack([chart, model], justify="start")
    return chart, model


@app.cell
def _(chart, charts, draw, model):
    mo.stop(chart.value is None, mo.md("Nothing can be drawn yet: no week of coding was fetched."))
    shown = charts[chart.value]
    drawn = draw(shown, model.value)
    select = store.read_sql(f"report/{shown.query}")
    mo.vstack(
        [
            drawn,
            mo.md("A chart of the page, for the chosen model where it is about one. **Absent is not zero.**"),
            mo.accordion({f"warehouse/report/{shown.query}.sql": mo.md(f"```sql\n{select}\n```")}),
        ]
    )
    return drawn, shown


@app.cell
def _(ask):
    _ = ask  # without a published file there is nothing to choose
    asked = {one.asked: one for one in saved_queries.questions()}
    question = mo.ui.dropdown(asked, value=next(iter(asked)), label="question", full_width=True)
    question
    return (question,)


@app.cell
def _(ask, frame, question):
    answer, citations = saved_queries.without_citations(*ask(question.value.sql))
    mo.vstack(
        [
            mo.md(f"Does not show: {question.value.not_shown}"),
            mo.ui.table(frame(*answer), selection=None, page_size=30),
            mo.md("  \n".join(citations)),
            mo.accordion({question.value.path.name: mo.md(f"```sql\n{question.value.sql}```")}),
        ]
    )
    return answer, citations


@app.cell
def _(ask, frame):
    cited = frame(*ask(store.read_sql("report/citations")))
    mo.vstack(
        [
            mo.md(
                "## How to cite\n\nWhen you quote a figure, include its row's `citation`; a table that may not be "
                "passed on may be quoted from, not published."
            ),
            mo.ui.table(cited, selection=None, page_size=10),
        ]
    )
    return (cited,)


if __name__ == "__main__":
    app.run()
