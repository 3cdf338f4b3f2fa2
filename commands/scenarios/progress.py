"""Takes runs from step to step: asks for what is to be asked for now, once each, and goes on when a step is over.

Called by the sweep. Whoever is killed is replaced where the rows say: that an order has its command is stored with that command.
"""

import datetime as dt

from django.db import transaction

from assets.models import Asset
from assets.refusal import Refused
from commands import moves, offers
from commands.models import Command, ScenarioCommand, ScenarioRun
from commands.scenarios.moves import end, locked_run, orders_of
from commands.scenarios.steps import Order
from commands.states import OPEN, Reason, State
from commands.wording import Words
from journal.actors import SYSTEM, Actor

SUCCEEDED = frozenset({State.CONFIRMED, State.CONFIRMED_LATE})


def sweep(site: int, now: dt.datetime) -> int:
    """Take every run of a site as far as it can go; how many there are."""
    under_way = list(
        ScenarioRun.objects.filter(site=site, state=ScenarioRun.State.RUNNING).order_by("pk").values_list("pk", flat=True)
    )
    for id_ in under_way:
        while _advance(id_, now):
            pass
    return len(under_way)


def _advance(id_: int, now: dt.datetime) -> bool:
    """Ask for one command of the step under way, or go on to the next step; whether there may be more to do."""
    with transaction.atomic():
        run = locked_run(id_)
        if run.state != ScenarioRun.State.RUNNING:
            return False
        wanted = orders_of(run)
        mine = [(position, order) for position, order in enumerate(wanted) if order.step == run.step]
        asked = {each.position: each for each in run.commands.select_related("command")}
        for position, order in mine:
            if position not in asked:
                _ask(run, position, order, now)
                return True
        if mine and _waits(run, [asked[position] for position, _ in mine], mine[0][1], now):
            return False
        return _go_on(run, [(order, asked[position]) for position, order in mine], wanted, now)


def _ask(run: ScenarioRun, position: int, order: Order, now: dt.datetime) -> None:
    """Ask for one command in the name of whoever started the run; both are stored together."""
    by = Actor(run.actor_kind, run.actor, run.desk)  # type: ignore[arg-type]
    asset = Asset.objects.select_related("site", "kind", "sector").filter(pk=order.asset, retired_at=None).first()
    command, said = None, Words("Cet équipement n’est plus là.", "This asset is gone.")
    if asset is not None:
        because = run.because or run.scenario.name_fr
        try:
            until = run.until if _stands(asset, order) else None
            command = moves.request(
                asset, order.type, dict(order.parameters), by=by, role=run.role or None, now=now, because=because,
                cause=f"scenario_run:{run.pk}", until=until, origin=run.origin,
            )  # fmt: skip
        except Refused as refusal:
            said = Words(refusal.fr, refusal.en)
    told = {} if command is not None else {"said_fr": said.fr[:300], "said_en": said.en[:300]}
    ScenarioCommand.objects.create(run=run, position=position, command=command, **told)


def _stands(asset: Asset, order: Order) -> bool:
    return offers.find(asset, order.type).type.stands is not None


def _waits(run: ScenarioRun, asked: list[ScenarioCommand], order: Order, now: dt.datetime) -> bool:
    """Whether the step under way is not over yet."""
    if not order.wait or (order.within and run.step_at and now >= run.step_at + dt.timedelta(seconds=order.within)):
        return False
    return any(each.command is not None and each.command.state in OPEN for each in asked)


def _go_on(run: ScenarioRun, done: list[tuple[Order, ScenarioCommand]], wanted: list[Order], now: dt.datetime) -> bool:
    """The step is over: end the run, or begin its next step."""
    for order, each in done:
        if order.stop and not _succeeded(each.command):
            step = run.step + 1
            words = Words(
                f"arrêté à l’étape {step}, une commande n’a pas abouti", f"ended at step {step}, a command did not succeed"
            )
            end(run, ScenarioRun.State.FAILED, words, now, SYSTEM)
            return False
    following = min((order.step for order in wanted if order.step > run.step), default=None)
    if following is None:
        commands = [each.command for each in run.commands.select_related("command")]
        good = sum(_succeeded(command) for command in commands)
        if any(command is not None and command.state in OPEN for command in commands):
            return False  # of steps that were not waited for
        end(
            run,
            ScenarioRun.State.DONE,
            Words(f"terminé, {good} sur {len(wanted)}", f"done, {good} of {len(wanted)}"),
            now,
            SYSTEM,
        )
        return False
    run.step, run.step_at = following, now
    run.save(update_fields=["step", "step_at"])
    return True


def _succeeded(command: Command | None) -> bool:
    """Confirmed; or taken by the supervisor, of a type that nothing could ever confirm."""
    return command is not None and (command.state in SUCCEEDED or command.reason == Reason.NO_PROOF)
