"""What a batch of the engine's transitions does to alarms, and to the incidents they make: thousands in one transaction.

`batch` applies transitions to `drafts` of alarms (`severity`, `chattering`), of which `open_alarms` knows in memory those that
stand. `cover` silences what a maintenance window covers, `suppression` what a cause explains (`causes`), and `gathering` puts
into incidents what belongs together (`surroundings`, `titles`). `places` follows another inventory, `recovery` brings back what
outlasts its cause.
"""
