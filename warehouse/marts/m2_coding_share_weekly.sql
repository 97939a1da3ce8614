from marts.coding_share_weekly
where base_permaslug = 'minimax/minimax-m2'
