"""Forms: what the bytes of a supervisor's message mean, one module for each; `table` says which is asked for where."""
