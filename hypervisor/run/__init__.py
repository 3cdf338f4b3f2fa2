"""Runs the whole of Vigie on one machine: engines, web, tasks, correlator, feeds and the pretend city."""
