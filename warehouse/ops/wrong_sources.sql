-- The recordings that are known to be something else than the API's responses.
select endpoint, provenance_part, reason, source from reference.wrong_sources
