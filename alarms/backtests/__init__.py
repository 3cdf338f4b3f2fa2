"""Backtests: a rule tried on stored history by the engine that runs in production, before anybody hears it.

`wouldbe` makes alarms of transitions, `figures` counts them, `trial` replays a period, `runs` is the only writer of the
tables Backtest and WouldBeAlarm.
"""
