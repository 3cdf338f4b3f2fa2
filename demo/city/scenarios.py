"""What an instructor can make happen: a flood, a blackout, a silent supervisor, a forced door, a storm, and calm again."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from demo.city.faults import FAULTS, Faults
from demo.city.moment import Floats
from demo.city.world import World

STORM = 5_000
SILENT = "safety"
"""The feed that falls silent."""


@dataclass(frozen=True)
class Scenario:
    """A name for URLs and buttons, a title and what it does in French and English, and how long it lasts in seconds."""

    name: str
    title_fr: str
    title_en: str
    what_fr: str
    what_en: str
    lasts: float


SCENARIOS = (
    Scenario(
        "flood",
        "Crue",
        "Flood",
        "Il pleut fort ; la Seine monte de plus de deux mètres en trois minutes.",
        "It rains hard; the river rises by more than two metres in three minutes.",
        1800,
    ),
    Scenario(
        "cabinet-blackout",
        "Panne d'armoire",
        "Cabinet blackout",
        "Une armoire d'éclairage disjoncte, ses candélabres s'éteignent.",
        "A lighting cabinet trips and its lamps go out.",
        900,
    ),
    Scenario(
        "silent-supervisor",
        "Superviseur muet",
        "Silent supervisor",
        "La supervision incendie n'envoie plus rien.",
        "The fire supervisor sends nothing any more.",
        600,
    ),
    Scenario(
        "escalator-stop",
        "Escalier arrêté",
        "Escalator stop",
        "Un escalier de la gare s'arrête d'urgence ; les marches d'un autre ne bougent plus, bien qu'il se dise en service.",
        "An escalator of the station stops in emergency; the steps of another stand still although it says that it runs.",
        600,
    ),
    Scenario(
        "access-breach",
        "Porte forcée",
        "Forced entry",
        "Un badge est refusé, puis la porte est forcée ; à une borne, un appel reste sans réponse.",
        "A badge is refused, then the door is forced; at a call point, nobody answers.",
        600,
    ),
    Scenario(
        "energy-peak",
        "Pic de consommation",
        "Consumption peak",
        "Trois bâtiments consomment presque toute leur puissance souscrite.",
        "Three buildings draw nearly all of their subscribed power.",
        1200,
    ),
    Scenario(
        "storm",
        "Tempête d'alarmes",
        "Alarm storm",
        "Cinq mille équipements en défaut d'un coup.",
        "Five thousand assets at fault at once.",
        600,
    ),
    Scenario(
        "truck-refused",
        "Camion refusé",
        "Truck refused",
        "Un camion dont l'autorisation a pris fin se présente au premier accès ; sans ouverture il repart et revient deux fois.",
        "A truck whose permit has ended comes to the first gate; it goes away unless it is let in, and comes back twice.",
        900,
    ),
    Scenario(
        "barrier-forced",
        "Barrière forcée",
        "Barrier forced",
        "La barrière du premier accès s'ouvre sans qu'aucune commande soit partie.",
        "The barrier of the first gate opens although no command was sent.",
        120,
    ),
    Scenario(
        "barrier-disobeys",
        "Barrière qui n'obéit pas",
        "Barrier that does not obey",
        "Un véhicule autorisé attend au premier accès ; le superviseur accepte l'ordre, la barrière reste fermée.",
        "A vehicle with a permit waits at the first gate; the supervisor accepts the order, the barrier stays closed.",
        300,
    ),
    Scenario("recovery", "Retour au calme", "Recovery", "Tout revient à la normale.", "Everything returns to normal.", 0),
)
GATES = ("truck-refused", "barrier-forced", "barrier-disobeys")
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@dataclass
class Stage:
    """The scenarios that run now; times in seconds since the Unix epoch, given by the caller."""

    world: World
    faults: Faults
    on_delay: Callable[[str, str], float]
    """Kind, quantity → seconds before the site's rules speak: a storm takes the quickest first."""
    plan: Callable[[float, str, str, str, dict[str, object]], None] = lambda *_: None
    """Instant, feed, asset, kind, attributes: lets an event happen."""
    gates: Callable[[str, float], dict[int, float]] = lambda *_: {}
    """Name, instant → what a scenario of the gates holds; it also lets vehicles come."""
    started: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._gauges = (self.world.quantity == "water_level") & np.array(
            [limits.get("watch", 0) > 1 for limits in self.world.limits]
        )
        self._low_points = (self.world.quantity == "water_level") & ~self._gauges
        self._rain = self.world.quantity == "rain_rate"

    def start(self, name: str, now: float) -> list[int]:
        """Starts a scenario, from the beginning when it runs already. Returns the rows that changed. Raises KeyError."""
        scenario = BY_NAME[name]
        if name == "recovery":
            self.started.clear()
            return self.faults.release()
        ended = GATES if name in GATES else (name,)  # those of the gates are of one barrier
        changed = [row for each in ended for row in self.faults.release(each)]
        for each in ended:
            self.started.pop(each, None)
        self.started[name] = now
        if name == "access-breach":
            readings = self._breach(now)
        elif name in GATES:
            readings = self.gates(name, now)
        else:
            made = {
                "cabinet-blackout": self._blackout, "escalator-stop": self._escalator, "energy-peak": self._peak,
                "storm": self._storm,
            }  # fmt: skip
            readings = made.get(name, dict)()
        return changed + self.faults.hold(readings, now + scenario.lasts, name)

    def step(self, now: float) -> None:
        """Forgets what is over."""
        for name, at in list(self.started.items()):
            if now >= at + BY_NAME[name].lasts:
                del self.started[name]

    def silent(self, feed: str) -> bool:
        return feed == SILENT and "silent-supervisor" in self.started

    def bend(self, rows: np.ndarray[tuple[int], np.dtype[np.intp]], values: Floats, now: float) -> Floats:
        """The values with the water of a running flood added."""
        if "flood" not in self.started:
            return values
        since = now - self.started["flood"]
        lasts = BY_NAME["flood"].lasts
        ebb = max(0.0, (lasts - since) / 600)
        height, rain = min(since / 180, 1.0, ebb), min(since / 15, 1.0, ebb)
        river = height * (2.3 * self._gauges[rows] + 0.5 * self._low_points[rows])
        return np.round(values + river + rain * 26.0 * self._rain[rows], 3)

    def document(self, now: float) -> dict[str, object]:
        """What GET /scenarios answers."""
        return {
            "scenarios": [
                {
                    "name": scenario.name,
                    "title": {"fr": scenario.title_fr, "en": scenario.title_en},
                    "description": {"fr": scenario.what_fr, "en": scenario.what_en},
                    "lasts": scenario.lasts,
                    "running": scenario.name in self.started,
                    "seconds_left": round(self.started[scenario.name] + scenario.lasts - now)
                    if scenario.name in self.started
                    else 0,
                }
                for scenario in SCENARIOS
            ],
            "points_at_fault": self.faults.held,
        }

    def _blackout(self) -> dict[int, float]:
        world = self.world
        lamps: dict[str, list[int]] = {}
        for row in np.flatnonzero(world.quantity == "lamp_state").tolist():
            lamps.setdefault(world.assets[world.code[row]].depends_on, []).append(row)
        cabinets = [code for code in lamps if (code, "supply_state") in world.rows]
        if not cabinets:
            return {}
        dark = max(cabinets, key=lambda code: (len(lamps[code]), code))
        readings = {world.rows[dark, "supply_state"]: 2.0, world.rows[dark, "voltage"]: 0.0, world.rows[dark, "power"]: 0.0}
        return readings | dict.fromkeys(lamps[dark], 2.0)

    def _escalator(self) -> dict[int, float]:
        world = self.world
        codes = [code for code, asset in world.assets.items() if asset.kind == "escalator" and (code, "speed") in world.rows]
        if not codes:
            return {}
        station = [code for code in codes if str(world.assets[code].attributes.get("building", "")).startswith("Gare")]
        stopped, *others = sorted(station or codes)
        readings = {world.rows[stopped, "run_state"]: 2.0, world.rows[stopped, "speed"]: 0.0}
        for slipping in others[:1]:
            readings |= {world.rows[slipping, "run_state"]: 1.0, world.rows[slipping, "speed"]: 0.0}
        return readings

    def _breach(self, now: float) -> dict[int, float]:
        """The refusal comes before the door, and a call that nobody answers."""
        doors = sorted(code for code, _ in self.world.rows if self.world.assets[code].kind == "door")
        intercoms = sorted(code for code, asset in self.world.assets.items() if asset.kind == "intercom")
        if not doors:
            return {}
        self.plan(now - 3, "access", doors[0], "badge_read", {"badge": "B12042", "granted": False})
        for code in intercoms[:1]:
            self.plan(now, "access", code, "call_button", {"language": "fr"})
        return {self.world.rows[doors[0], "door_state"]: 2.0}

    def _peak(self) -> dict[int, float]:
        meters = np.flatnonzero((self.world.kind == "energy_meter") & (self.world.quantity == "power")).tolist()
        subscribed = {row: self.world.limits[row]["subscribed"] for row in meters}
        largest = sorted(meters, key=lambda row: (-subscribed[row], row))[:3]
        return {row: round(0.98 * subscribed[row], 1) for row in largest}

    def _storm(self) -> dict[int, float]:
        world = self.world
        worst: dict[tuple[str, str], float] = {("substation", "breaker_state"): 2.0, ("irrigation_valve", "valve_state"): 2.0}
        for fault in FAULTS:
            for quantity, value in fault.readings.items():
                if quantity.endswith("_state"):
                    worst.setdefault((fault.kind, quantity), value)
        pairs = zip(world.kind.tolist(), world.quantity.tolist(), strict=True)
        able = [(row, pair) for row, pair in enumerate(pairs) if pair in worst]
        pulled = {slug for slug, feed in world.feeds.items() if feed["protocol"] == "pull"}
        able.sort(
            key=lambda item: (self.on_delay(*item[1]) > 30, world.feed[item[0]] in pulled, self.on_delay(*item[1]), item[0])
        )
        share = STORM * len(world) // 14_000 if len(world) < 14_000 else STORM
        return {row: worst[pair] for row, pair in able[:share]}
