"""Orders the field and checks that it obeyed: commands, what stands until its end, and scenarios."""
