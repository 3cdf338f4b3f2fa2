"""Import of inventory files: read them, compare them with what the site has, write the difference or nothing."""
