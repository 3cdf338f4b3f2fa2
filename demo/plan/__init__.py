"""The ground of the pretend city: its streets, buildings, water, tunnels and sectors, in metres and then in degrees."""
