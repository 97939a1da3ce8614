-- Whether any response was fetched with a key, for real or from the simulator.
select exists (from raw.exchanges where provenance in ('live', 'simulator')) as is_keyed
