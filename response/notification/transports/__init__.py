"""How a letter reaches a contact: one module for each means, all with `send`, behind `sending.send`."""
