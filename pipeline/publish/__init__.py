"""What leaves the warehouse: packages and their comparison, the feed, saved queries, the page of charts."""
