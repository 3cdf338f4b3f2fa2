"""Ways: how a supervisor's messages arrive, one module for each; `table` says which protocol is which way."""
