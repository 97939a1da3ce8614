-- How fresh and how complete are the figures that I quote?
-- Does not show: how old they are today (`openrouter-usage status` does); nor a series that was never fetched, which has no
-- line. Provisional periods may still change, missing ones were never fetched.
-- Tables: core.series_coverage, marts.citations
select
    series, grain, first_period, last_period, periods_read, periods_missing, provisional_periods, readings, retrieved_at,
    citation
from core.series_coverage
left join marts.citations on table_name = 'core.series_coverage'
order by series
