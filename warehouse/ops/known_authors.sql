-- Under whose names models are listed: makers that are classified, and the source itself where it hides them.
select author from reference.authors
union
values ('openrouter'), ('stealth')
