"""What the devices of each protocol have, as the file of a connector says it. Pure."""
