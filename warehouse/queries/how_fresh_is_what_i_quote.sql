-- How fresh and how complete is what I quote?
-- Does not show: how old that is today (`openrouter-usage status` does); nor a series that was never read, which has no line.
-- Provisional periods may still move, missing ones were never read.
-- Tables: core.series_coverage, marts.citations
select
    series, grain, first_period, last_period, periods_read, periods_missing, provisional_periods, readings, retrieved_at,
    citation
from core.series_coverage
left join marts.citations on table_name = 'core.series_coverage'
order by series
