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
        period_start="First UTC day of the period: the day itself, or the ISO Monday of the week; for snapshots the day of the reading.",
        first_period="Earliest period read.",
        last_period="Latest period read.",
        requested_start="First day asked for.",
        requested_end="Last day asked for, inclusive.",
        resolved_start="First day the source says it answered for.",
        resolved_end="Last day the source says it answered for, inclusive.",
        first_listed_on="First day of the first period in which a ranking listed the model; NULL where only the catalogue has it.",
        last_listed_on="First day of the newest period in which a ranking listed the model; NULL where only the catalogue has it.",
        valid_from="First day for which this holds; 0001-01-01 where nothing earlier is known.",
        valid_to="First day for which it holds no longer; NULL while it does.",
        unmasked_on="Day on which the maker was named; NULL where it is not known for certain.",
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
        canonical_author="The author under its one name (`reference.authors`), NULL where none is known; in marts `unclassified` gathers the listed models of no known author, and `other` is the aggregated tail.",
        maker="Name of the company or institute behind the author.",
        country="ISO 3166 code of the country of the maker's head office, NULL where it is not known; in marts `unclassified` gathers the listed models of no known country, and `other` is the aggregated tail.",
        weights="`open` or `closed`; `unclassified` gathers the listed models of which neither is known, `other` is the aggregated tail.",
        model_pattern="A `base_permaslug`, or one with `*` for whatever follows; the longest pattern that fits a model decides.",
        unmasked_as="The `base_permaslug` that the stealth model turned out to be; NULL where it is not known for certain.",
        scope="Which usage is counted: `platform`, or `coding` (`category=programming`).",
        classification="By what models are told apart: `author`, `country`, `weights` or `stealth`.",
        model_class="An author, a country, `open` or `closed`, `stealth` or `named`; `unclassified` gathers the listed models of which it is not known, `other` is the aggregated tail.",
        kind="What is not known: `author`, `country` or `open weights`.",
        subject="Of whom it is not known: the author as in the slug, the canonical author, or the `base_permaslug`.",
        category="Use case by which the source samples requests: `programming`, `roleplay`, …",
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
        grain="`day`, `week` or `snapshot`.",
    ),
    **_columns(
        "VARCHAR[]",
        models_above="The models ranked above, as `base_permaslug` in rank order; empty at rank 1, NULL when absent.",
        stealth_models="The stealth models listed, as `base_permaslug`, most tokens first; empty where none is.",
    ),
    **_columns(
        "BOOLEAN",
        is_other="True for the aggregated tail below the listed models. Not a model, never ranked.",
        is_provisional="True until a reading ≥ 48 h after the period's end, or two agreeing ones ≥ 4 h after it, were taken.",
        is_listed="False where the row left the block: its tokens are then unknown, not zero.",
        is_simulated="True where the source was the built-in simulator.",
        passed="True where nothing failed.",
        has_open_weights="True where the weights can be downloaded, whatever the licence; NULL where it is not known.",
        is_stealth="True for a model offered without its maker's name: named in `reference.stealth_models`, or `openrouter/…-alpha`, `openrouter/…-beta`, `stealth/…`. It stays true once the maker is known.",
        is_router="True for what hands requests on to other models: `openrouter/auto` and the redirects `~…/…-latest`.",
    ),
    # --- how many: tokens are prompt + completion tokens, counted by each provider's own tokenizer --------------------
    **_columns(
        "BIGINT",
        total_tokens="Prompt and completion tokens. NULL where not listed: below the smallest listed row, not zero.",
        class_tokens="Tokens of the listed models of the class, scaled from a sample where `scope` is `coding`; NULL where none is listed, which is not zero.",
        block_tokens="All tokens of the same period and scope, `other` included.",
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
        category_token_share="Tokens ÷ all tokens of the category's block, `other` included; 0–1.",
        coding_token_share="Tokens of the row's model (variants summed), maker or group ÷ all tokens of the block, `other` included, in `category=programming`; 0–1; NULL when absent.",
        coding_token_share_lower="Least share that fits the block: what is listed. Covers censoring, not sampling error.",
        coding_token_share_upper="Greatest share that fits the block. Of a model: what is listed, and for each variant seen before but unlisted now min(smallest listed row, `other`), together at most `other`. Of a maker or group: what is listed, what is listed but unclassified, and `other`. Covers censoring, not sampling error.",
        platform_token_share_lower="Least share that fits the block: what is listed.",
        platform_token_share_upper="Greatest share that fits the block: what is listed, what is listed but unclassified, and `other`.",
        block_token_share="Tokens of the class ÷ all tokens of the same period and scope, `other` included; 0–1; NULL where none of its models is listed.",
        block_token_share_lower="Least share that fits: what is listed and known to be of the class. NULL for `unclassified` and `other`.",
        block_token_share_upper="Greatest share that fits: all that is unclassified and all of `other` besides. NULL for `unclassified` and `other`.",
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
