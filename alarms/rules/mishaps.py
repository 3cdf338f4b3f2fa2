"""What goes wrong around rules that is no fault of a spec: with a file of rules, a backtest, a rule that is set aside."""

from alarms.engine.faults import Sentence


class Mishap(Sentence):
    """One name and one English sentence each, with named fields."""

    # A file of rules.
    FILE_TOO_LONG = "longer than {most} characters"
    NOT_UTF8 = "not text in UTF-8"
    NOT_YAML = "not YAML: {reason}"
    OTHER_FORMAT = "format {given} is not known here, {known} is"
    NAME_TWICE = "'{slug}' is there twice"
    NO_PACK = "there is no pack '{name}'; there are {names}"
    # A backtest that has no result.
    NOTHING_STORED = "Nothing is stored of that time: readings and events are kept for {days} days."
    TOO_MANY_ALARMS = "More than {most} alarms: try a shorter period."
    NOT_RUN = "Nobody ran it within a day."
    OUR_MISTAKE = "It ended by a mistake of ours, which the worker's log tells."
    POSTGRESQL = "PostgreSQL: {reason}"
    # A rule that runs no more.
    SET_ASIDE = "set aside, for a defect of Vigie: {error}"
