"""Every column, once: its type, its unit and what it means. The same name means the same everywhere.

Belongs here: one line per column. Not here: which table has which (``tables``), or what is compiled (``compile``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """``type`` is DuckDB's. ``description`` is what a reader of any table with this column is told."""

    name: str
    type: str
    description: str


def _columns(type_: str, **descriptions: str) -> dict[str, Column]:
    return {name: Column(name, type_, description) for name, description in descriptions.items()}


COLUMNS: dict[str, Column] = {
    # --- what is counted, and when ----------------------------------------------------------------------------
    **_columns(
        "DATE",
        usage_date="UTC day on which the tokens were used.",
        week_start="ISO Monday on which the week begins, UTC.",
        month_start="First day of the month, UTC.",
        period_start="First UTC day of the period: the day itself, the ISO Monday of the week, the first of the month; for snapshots the day of the reading.",
        first_period="Earliest period read.",
        last_period="Latest period read.",
        requested_start="First day asked for.",
        requested_end="Last day asked for, inclusive.",
        resolved_start="First day the source says it answered for.",
        resolved_end="Last day the source says it answered for, inclusive.",
    ),
    **_columns(
        "TIMESTAMPTZ",
        retrieved_at="When the newest reading that confirms this row was taken, by our clock.",
        known_from="First reading with this content (inclusive).",
        known_to="First reading with other content (exclusive); NULL while it is current.",
        known_before="Last reading with the old value.",
        known_after="First reading with the new value.",
        closes_at="End of the period: 00:00 UTC after its last day.",
        final_from="When the period stopped being provisional; NULL while it is.",
        as_of="The source's own time of its answer.",
        last_read_at="Newest reading with this content.",
        first_retrieved_at="Oldest reading: the earliest instant for which the as-of macros know anything of this series.",
        created_at="When the source says the model was created.",
        checked_at="When the check ran.",
        built_at="When the file was published.",
        loaded_at="When the exchange was loaded.",
    ),
    # --- who ----------------------------------------------------------------------------------------------------
    **_columns(
        "VARCHAR",
        series="The question asked, as kind or kind/value: `usage_day`, `category_week/programming`, …",
        model_permaslug="The source's identifier, with its `:variant`, unchanged. `other` is the aggregated tail.",
        base_permaslug="`model_permaslug` up to its first colon: the model with all its variants.",
        variant="What follows the first colon of `model_permaslug`; `default` where there is none.",
        author="What stands before the first slash of `model_permaslug`; NULL for `other`.",
        category="Use case by which the source samples requests: `programming`, `roleplay`, …",
        language_type="`natural` or `programming`: the kind of language that the sampled requests are tagged with.",
        modality="Surface of the requests: `text` and `image_output` by output, `image` and `audio` by input, `tool_calling` where a tool was called.",
        context_bucket="Context length of the requests: `1K`, `10K`, `100K`, `1M` or `10M`.",
        lineage="Name of a line of successors by one maker.",
        reason="Why this row is as it is.",
        source="Where this is taken from.",
        capture="`api`: a block as the interface gives it; `top9`: a recorded week that was cut at nine models.",
        citation="The line to print beside any figure of this row.",
        id="The catalogue's own key of a model or one of its variants.",
        canonical_slug="The identifier that rankings use as `base_permaslug`; shared by an entry and its variants.",
        name="Display name in the catalogue.",
        hugging_face_id="Where the weights are published; NULL where the catalogue names no place.",
        output_modalities="What the model gives back, comma-separated.",
        input_modalities="What the model takes in, comma-separated.",
        block_hash="SHA-256 over the block's sorted content: equal content has an equal hash.",
        exchange_id="One request and its response in landing: reading time and identity.",
        endpoint="Path of the endpoint that was asked.",
        params="Parameters of the request, as JSON.",
        body_sha256="SHA-256 of the response's bytes.",
        provenance="How the response came to us: live, simulator, or what its recorder wrote.",
        verdict="`loaded`, `partly loaded`, `refused`, `error response` (no 200) or `unknown series` (kept, not read).",
        row_content="The refused row as it came, as JSON.",
        unknown_fields="Fields that the contract does not know: kept in landing, not read; comma-separated.",
        run_id="The run in Dagster that wrote this row.",
        check_name="The expectation.",
        severity="`ERROR`: what fails is refused; `WARN`: what fails is reported.",
        detail="What was found, and its likely cause.",
        failing_rows="The first failing rows, as JSON.",
        git_commit="Commit of the code; NULL where it ran outside a checkout; ends with `+` where files were changed.",
        reference_hashes="SHA-256 of each reference file, as JSON.",
        version="Version of this project.",
        grain="`day`, `week`, `month` or `snapshot`.",
    ),
    **_columns("VARCHAR[]", models_above="The models ranked above, as `base_permaslug` in rank order; empty at rank 1, NULL when absent."),
    **_columns(
        "BOOLEAN",
        is_other="True for the aggregated tail below the listed models. Not a model, never ranked.",
        is_provisional="True until a reading ≥ 48 h after the period's end, or two agreeing ones ≥ 4 h after it, were taken.",
        is_listed="False where the row left the block: its tokens are then unknown, not zero.",
        is_simulated="True where the source was the built-in simulator.",
        passed="True where nothing failed.",
    ),
    # --- how many: tokens are prompt + completion tokens, counted by each provider's own tokenizer --------------------
    **_columns(
        "BIGINT",
        total_tokens="Prompt and completion tokens. NULL where not listed: below the smallest listed row, not zero.",
        tokens_estimate="Tokens as scaled from the source's sample: shares of it mean something, levels do not.",
        tokens_before="Tokens by the last reading before the change; NULL for a row that entered.",
        tokens_after="Tokens by the first reading after the change; NULL for a row that left.",
        default_tokens="Tokens of the row without a variant; NULL where it is not listed.",
        free_tokens="Tokens of the `:free` variant; NULL where it is not listed.",
        other_variant_tokens="Tokens of all further variants; NULL where none is listed.",
        total_tokens_lower="Least tokens that fit the block: what is listed.",
        total_tokens_upper="Most tokens that fit the block: what is listed, and for each variant seen before but unlisted now min(smallest listed row, `other`), together at most `other`.",
        platform_tokens="All tokens of the day, `other` included.",
        coding_tokens_estimate="Tokens in `category=programming`, variants summed, as scaled from the source's sample; NULL when absent.",
        category_tokens_estimate="All tokens of the category's block, `other` included, as scaled from the source's sample.",
        rank="Place by tokens within the block, 1 is the most, ties share the lower number; NULL for `other` and for what is absent.",
        coding_rank="Place by tokens in `category=programming` among models with their variants summed; NULL when absent.",
        rank_change="Previous week's rank minus this week's: positive is a rise; NULL where either is missing.",
        vintages="How many vintages this block has had so far.",
        days_since_first_seen="Days since the model's first listed day.",
        context_length="Longest context, in tokens.",
        vintage_number="Counts the vintages of a block, from 1.",
        readings="How many times the block was read.",
        rows_read="Rows of the response.",
        status="HTTP status of the response.",
        periods_read="Periods with at least one reading.",
        periods_missing="Periods between the first and the last read one that were never read; days that the source lacks do not count.",
        provisional_periods="Periods that are still provisional.",
        failing_count="How many rows failed.",
        checked_count="How many rows were looked at.",
        new_periods="Periods read for the first time.",
        restated_periods="Periods whose content differs from the reading before.",
        confirmed_periods="Periods read again with the same content.",
        position="Place within its list, from 1.",
    ),
    # --- shares are fractions from 0 to 1 ------------------------------------------------------------------------------
    **_columns(
        "DOUBLE",
        platform_token_share="Tokens ÷ all tokens of the platform in the same days, `other` included; 0–1. Over a week the listed days are summed; NULL unless every existing day was read.",
        block_token_share="Tokens ÷ all tokens of the block, `other` included; 0–1.",
        language_token_share="Tokens ÷ all tokens of the language type's block, `other` included; 0–1.",
        modality_token_share="Tokens ÷ all tokens of the modality's block, `other` included; 0–1.",
        context_token_share="Tokens ÷ all tokens of the context bucket's block, `other` included; 0–1.",
        category_token_share="Tokens ÷ all tokens of the category's block, `other` included; 0–1.",
        coding_token_share="Tokens of the model, variants summed ÷ all tokens of the block, `other` included, in `category=programming`; 0–1; NULL when absent.",
        coding_token_share_lower="Least share that fits the block: what is listed. Covers censoring, not sampling error.",
        coding_token_share_upper="Greatest share that fits the block: what is listed, and for each variant seen before but unlisted now min(smallest listed row, `other`), together at most `other`. Covers censoring, not sampling error.",
        lineage_coding_token_share="Coding share of all listed members of the model's lineage; NULL where none is listed or it has no lineage.",
        change_pp="Change of the share against the previous calendar week, in percentage points; NULL where either is missing.",
        hours_after_close="Hours from the end of the period to `known_after`.",
    ),
    **_columns(
        "DECIMAL(24,15)",
        prompt_usd_per_token="Price of a prompt token in US dollars; -1 where the catalogue says that it varies.",
        completion_usd_per_token="Price of a completion token in US dollars; -1 where the catalogue says that it varies.",
    ),
}  # fmt: skip
