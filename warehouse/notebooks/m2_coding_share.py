"""A marimo notebook on the published file: a model's share of coding with its bounds, and the questions of the warehouse.

Belongs here: what a reader plays with. Not here: SQL, which stands in ``warehouse``; the file is opened as ``sql`` opens it.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="M2's share of coding")

with app.setup:
    import altair as alt
    import marimo as mo
    import polars as pl

    from pipeline import store
    from pipeline.publish import saved_queries
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
def _(ask, frame):
    shares = frame(*ask(store.read_sql("report/coding_share")))
    listed = sorted(shares["base_permaslug"].unique())
    m2 = "minimax/minimax-m2"
    model = mo.ui.dropdown(listed, value=m2 if m2 in listed else None, label="model", searchable=True)
    model
    return model, shares


@app.cell
def _(model, shares):
    chosen = shares.filter(pl.col("base_permaslug") == model.value).sort("week_start")
    mo.stop(chosen.is_empty(), mo.md("No week of coding that was read lists this model."))
    weeks = alt.Chart(chosen).encode(
        x=alt.X("week_start:T", title=None, scale=alt.Scale(type="utc")),
        tooltip=["week_start", "coding_token_share", "coding_token_share_lower", "coding_token_share_upper", "coding_rank"],
    )
    bounds = weeks.mark_bar(color="#c9ced6", width=4).encode(
        y=alt.Y("coding_token_share_lower:Q", title="share of coding", axis=alt.Axis(format="%")),
        y2="coding_token_share_upper:Q",
    )
    share = weeks.mark_point(color="#c0392b", size=60, filled=True, opacity=1).encode(
        y=alt.Y("coding_token_share:Q"),
        shape=alt.Shape("is_provisional:N", title="provisional"),
    )
    chart = (bounds + share).properties(width="container", height=320, title=model.value)
    mo.vstack(
        [
            chart,
            mo.md(
                "A dot is the share of a week that lists the model. A grey bar is all that is known of a week: from the "
                "least to the greatest share that fits its list. **Absent is not zero.**"
            ),
        ]
    )
    return (chosen,)


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
                "## How to cite\n\nPrint the `citation` of a row beside the figure that you quote; a table that may not be "
                "passed on may be quoted from, not published."
            ),
            mo.ui.table(cited, selection=None, page_size=10),
        ]
    )
    return (cited,)


if __name__ == "__main__":
    app.run()
