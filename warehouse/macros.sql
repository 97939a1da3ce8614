-- What several selects need to say, each once. A connection of the pipeline has them; what is made with them is stored in tables.
-- When a period closes: 00:00 UTC after its last day. A trailing window is named by its last day.
create or replace temp macro closing_of(period_start, grain) as timezone('UTC', (period_start + case grain
    when 'month' then interval 1 month
    when 'week' then interval 7 days
    else interval 1 day
end)::timestamp);

-- Whether a period was restated between two readings of the same capture: its content changed after it had closed, and the
-- earlier reading was taken at or after the close. What changes while a period runs, grew.
create or replace temp macro is_restated(content_before, content, read_before, closes_at) as
    content_before <> content and read_before >= closes_at;

-- Split conformal: how large an error of the sorted earlier ones is not exceeded with this probability, were the next error
-- drawn like them. NULL where they are too few to say so.
create or replace temp macro conformal_error(sorted_errors, coverage) as
    sorted_errors[ceil((len(sorted_errors) + 1) * coverage)::bigint];

-- The interval score of estimate ÷ factor to estimate × factor, at most 1, that is to miss what comes with probability miss.
create or replace temp macro interval_score(estimate, factor, outcome, miss) as
    least(estimate * factor, 1) - estimate / factor
    + 2 / miss * (greatest(estimate / factor - outcome, 0) + greatest(outcome - least(estimate * factor, 1), 0));

-- A day as it is written in a sentence: 3 November 2025.
create or replace temp macro written_day(day) as strftime(day, '%-d %B %Y');
