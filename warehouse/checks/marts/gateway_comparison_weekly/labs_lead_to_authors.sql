-- A lab of the second gateway is counted as an author under the one name that it goes by, or as none.
select lab, canonical_author
from reference.gateway_labs
where canonical_author is not null
    and canonical_author not in (select canonical_author from reference.authors)
