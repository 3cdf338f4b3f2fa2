"""OGC API Features: what a site has and what happens there, as layers that a GIS opens."""
