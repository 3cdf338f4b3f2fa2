"""Units that suppliers write, and what one is in another: exact ratios, so that 32 °F is 0 °C and nothing beside it.

Pure. A unit is recognised as it is written (`mW` is not `MW`); when no unit is written so, without regard to case.
"""

import re
from collections import defaultdict
from fractions import Fraction

_OF: dict[str, str] = {
    # temperature in kelvin, with the zero of its scale
    "K": "temperature 1",
    "°C degC celsius Cel C ℃ CEL": "temperature 1 273.15",
    "°F degF fahrenheit F ℉ FAH": "temperature 5/9 45967/180",
    "m MTR metre meter mètre": "length 1",
    "mm MMT": "length 1/1000",
    "cm CMT": "length 1/100",
    "km KMT": "length 1000",
    "ft": "length 0.3048",
    "in": "length 0.0254",
    "m³/s m3/s m^3/s": "flow 1",
    "m³/h m3/h m^3/h": "flow 1/3600",
    "m³/d m3/d m3/j m³/j": "flow 1/86400",
    "l/s L/s": "flow 1/1000",
    "l/min L/min": "flow 1/60000",
    "l/h L/h": "flow 1/3600000",
    "m³ m3 m^3 MTQ": "volume 1",
    "l L LTR litre liter dm³": "volume 1/1000",
    "ml mL cm³": "volume 1/1000000",
    "hl hL": "volume 1/10",
    "Pa PAL": "pressure 1",
    "hPa mbar": "pressure 100",
    "kPa": "pressure 1000",
    "MPa": "pressure 1000000",
    "bar BAR": "pressure 100000",
    "mmH2O mmCE": "pressure 9.80665",
    "mCE mH2O": "pressure 9806.65",
    "psi": "pressure 6894.757293168",
    "W WTT": "power 1",
    "mW": "power 1/1000",
    "kW KWT": "power 1000",
    "MW": "power 1000000",
    "GW": "power 1000000000",
    "VA": "apparent 1",
    "kVA": "apparent 1000",
    "var VAr": "reactive 1",
    "kvar kVAr": "reactive 1000",
    "J": "energy 1",
    "kJ": "energy 1000",
    "MJ": "energy 1000000",
    "GJ": "energy 1000000000",
    "Wh WHR": "energy 3600",
    "kWh KWH": "energy 3600000",
    "MWh": "energy 3600000000",
    "GWh": "energy 3600000000000",
    "V VLT": "voltage 1",
    "mV": "voltage 1/1000",
    "kV": "voltage 1000",
    "A AMP": "current 1",
    "mA": "current 1/1000",
    "kA": "current 1000",
    "m/s MTS": "speed 1",
    "km/h KMH kph": "speed 5/18",
    "mph": "speed 0.44704",
    "kn kt": "speed 463/900",
    "s SEC sec": "time 1",
    "ms": "time 1/1000",
    "µs us": "time 1/1000000",
    "min MIN": "time 60",
    "h HUR": "time 3600",
    "d j day": "time 86400",
    "kg KGM": "mass 1",
    "g GRM": "mass 1/1000",
    "mg": "mass 1/1000000",
    "t": "mass 1000",
    "1": "ratio 1",
    "% P1 pct percent": "ratio 1/100",
    "‰": "ratio 1/1000",
    "ppm": "ratio 1/1000000",
    "ppb": "ratio 1/1000000000",
    "Hz HTZ": "frequency 1",
    "kHz": "frequency 1000",
    "MHz": "frequency 1000000",
    "rpm tr/min": "rotation 1",
    "tr/s rps": "rotation 60",
    "g/m³ g/m3": "concentration 1",
    "mg/m³ mg/m3": "concentration 1/1000",
    "µg/m³ ug/m3 µg/m3 GQ": "concentration 1/1000000",
    "lx lux LUX": "illuminance 1",
    "klx": "illuminance 1000",
    "°": "angle 1",
    "rad": "angle 57.29577951308232",
    "mm/h": "rain 1",
    "dB dBA dB(A)": "sound 1",
    "dBm": "level 1",
}


def _table() -> dict[str, tuple[str, Fraction, Fraction]]:
    known = {}
    for names, written in _OF.items():
        kind, factor, *zero = written.split()
        for name in names.split():
            known[_plain(name)] = kind, Fraction(factor), Fraction(zero[0]) if zero else Fraction(0)
    return known


def _plain(unit: str) -> str:
    return unit.strip().replace("μ", "µ").replace("º", "°").replace(" ", "")


_KNOWN = _table()
_FOLDED: dict[str, set[str]] = defaultdict(set)
for _name in _KNOWN:
    _FOLDED[_name.casefold()].add(_name)
_WITH_UNIT = re.compile(r"\s*([-+−]?[\d.,' \u00a0\u2009\u202f’]*\d(?:[eE][-+]?\d+)?[.,]?)\s*([^\d\s.,].*?)\s*", re.DOTALL)
LONGEST = 120


class NoSuchUnit(ValueError):
    """A unit that nobody here knows, or one of another kind than the one it is to become."""


def names() -> list[str]:
    """The first name of each unit, for whoever writes a mapping."""
    return [each.split()[0] for each in _OF]


def known(unit: str) -> tuple[str, Fraction, Fraction]:
    """(kind, ratio, zero): what of its kind's own unit it is. Raises NoSuchUnit."""
    plain = _plain(unit)
    if plain in _KNOWN:
        return _KNOWN[plain]
    alike = {_KNOWN[name] for name in _FOLDED.get(plain.casefold(), ())}
    if len(alike) != 1:
        raise NoSuchUnit(f"the unit {unit[:20]!r} is not known" if not alike else f"the unit {unit[:20]!r} may be several")
    return alike.pop()


def conversion(unit: str, to: str) -> tuple[Fraction, Fraction]:
    """(a, b) of a·x + b, which is in `to` what x is in `unit`. Raises NoSuchUnit."""
    if _plain(unit) == _plain(to):
        return Fraction(1), Fraction(0)
    (kind, factor, zero), (wanted, into, ground) = known(unit), known(to)
    if kind != wanted:
        raise NoSuchUnit(f"{unit} is no unit of the kind of {to}")
    return factor / into, (zero - ground) / into


def apart(text: str) -> tuple[str, str] | None:
    """The number and the unit of a text such as `12,5 kW`, None when it is not one."""
    found = _WITH_UNIT.fullmatch(text) if len(text) <= LONGEST else None
    return (found[1], found[2]) if found else None
