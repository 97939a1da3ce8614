-- How do I cite a figure, and which tables may I pass on?
-- Does not show: the instant of one row. Each row of core and marts has a citation of its own: print that one beside its
-- figure. Where a table may not be passed on, quote what you computed from it, and do not publish the table.
-- Tables: marts.citations
select table_name, licence, may_republish, is_simulated, citation as line_to_print
from marts.citations
where starts_with(table_name, 'marts.')
order by table_name
