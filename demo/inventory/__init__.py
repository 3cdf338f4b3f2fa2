"""What is installed in the pretend city, who speaks for it and what it measures, written in the inventory file format."""
