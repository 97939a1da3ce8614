-- By which definition each table was made, and from which period on it is out of date.
from ops.table_refreshes
