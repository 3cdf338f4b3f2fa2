"""What people do about an alarm, from the first call to the hand-over."""
