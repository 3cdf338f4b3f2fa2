"""Rules as administrators write them: versions, files of rules, and what one would do before it runs; the only writer of rules.

`versions` writes and activates them, `rulebook` reads and writes files (`packs` are ready-made ones), `preview` says what a spec
would be about and say (`plausible`), `rhythm` what it cannot do with how often its points speak, `trying` whether it can run.
"""

from alarms.rules.versions import (
    RETIREMENT_LAPSES,
    activate,
    end_shadow,
    note_troubles,
    put_in_shadow,
    retire,
    retirement_asked_by,
    stored_form,
    write_rule,
)

__all__ = [
    "RETIREMENT_LAPSES",
    "activate",
    "end_shadow",
    "note_troubles",
    "put_in_shadow",
    "retire",
    "retirement_asked_by",
    "stored_form",
    "write_rule",
]
