"""The short commands, as a person or a script calls them."""

import asyncio
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

import pyotp
import pytest

from khalifa.entrypoints.cli.opening import opened
from khalifa.settings import Settings
from tests.e2e.lines import CloudApiLine, WppconnectLine
from tests.e2e.shell import Shell
from tests.servers import Process, eventually

PASSWORD = "correct horse"


async def test_help_comes_at_once(shell: Shell) -> None:
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        async with Process("khalifa", "--help", log=shell.folder / "help.log") as khalifa:
            assert await khalifa.wait() == 0
        took.append(time.perf_counter() - begun)
    assert min(took) < 1.5


def test_the_schema_goes_up_and_down(shell: Shell) -> None:
    assert shell.fine("db", "current") == "none\n"
    shell.fine("db", "upgrade")
    shell.fine("db", "upgrade")
    newest = shell.fine("db", "current")
    assert newest != "none\n"

    refused = shell.run("db", "downgrade", "base")
    assert refused.code == 2
    assert "--yes" in refused.errors
    assert shell.fine("db", "current") == newest

    shell.fine("db", "downgrade", "base", "--yes")
    assert shell.fine("db", "current") == "none\n"


def test_processes_refuse_a_database_without_its_schema(shell: Shell) -> None:
    for command in (["serve"], ["worker", "intake"]):
        answer = shell.run(*command)
        assert answer.code == 1
        assert "khalifa db upgrade" in answer.errors


def test_agents_are_added_listed_and_disabled(ready: Shell) -> None:
    ready.fine("agents", "add", "mona", "--password-stdin", typed=f"{PASSWORD}\n")
    ready.fine("agents", "add", "omar", "--admin", "--capacity", "3", "--no-password")
    ready.fine("agents", "disable", "mona")

    listed = [line.split() for line in ready.fine("agents", "list").splitlines()]

    assert listed[1:] == [
        ["mona", "agent", "disabled", "15", "off"],
        ["omar", "admin", "offline", "3", "off"],
    ]


def test_the_second_step_is_switched_off_for_who_lost_the_telephone(ready: Shell) -> None:
    ready.fine("agents", "add", "mona", "--password-stdin", typed=f"{PASSWORD}\n")

    async def switch_on() -> None:
        settings = Settings.from_env({**ready.env, "WHATSAPP_DRIVER": "sandbox"})
        async with opened(settings) as container:
            [mona] = await container.transact()(lambda uow: uow.agents.all())
            manage = container.manage_two_step()
            told = await manage.begin(mona, PASSWORD, address=None)
            await manage.switch_on(mona, pyotp.TOTP(told.secret).now())

    asyncio.run(switch_on())
    assert ready.fine("agents", "list").split()[-1] == "on"

    ready.fine("agents", "two-step-off", "mona")

    assert ready.fine("agents", "list").split()[-1] == "off"
    assert "agent.two_step_off" in ready.fine("audit")


def test_a_token_is_printed_alone(ready: Shell) -> None:
    ready.fine("agents", "add", "mona", "--no-password")
    first, second = [ready.fine("agents", "token", "mona") for _ in range(2)]
    assert first != second
    assert len(first.split()) == 1
    assert len(first) > 30


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "words"),
    [
        (["agents", "add", "mona", "--password-stdin"], "short\n", 1, "8 to 200 characters"),
        (["agents", "add", "mona"], "", 2, "--password-stdin"),
        (["agents", "add", "mona", "--no-password", "--capacity", "0"], "", 1, "capacity"),
        (["agents", "add", "omar", "--no-password"], "", 1, "name"),
        (["agents", "token", "nobody"], "", 1, "khalifa agents list"),
        (["agents", "disable", "nobody"], "", 1, "khalifa agents list"),
        (["agents", "two-step-off", "nobody"], "", 1, "khalifa agents list"),
        (["agents", "two-step-off", "omar"], "", 1, "not on"),
        (["provider", "pair"], "", 1, "not paired by a QR code"),
        (["provider", "pair", "--provider", "pigeon"], "", 2, "pigeon is not configured"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    ready: Shell, arguments: list[str], typed: str, code: int, words: str
) -> None:
    ready.fine("agents", "add", "omar", "--no-password")

    answer = ready.run(*arguments, typed=typed)

    assert answer.code == code
    assert answer.output == ""
    assert answer.errors.startswith("khalifa: ")
    assert words in answer.errors


def test_an_embedded_folder_is_found_and_its_password_file_goes_when_changed(
    shell: Shell,
) -> None:
    folder = shell.folder / "embedded"
    folder.mkdir()
    there = ["--data", str(folder)]
    shell.env = {"DATABASE_URL": f"sqlite:///{folder / 'khalifa.db'}"}
    shell.fine("db", "upgrade")
    shell.env = {}
    shell.fine("agents", "add", "admin", "--admin", "--no-password", *there)
    (folder / "admin-password").write_text("as it was\n")

    answer = shell.run("agents", "password", "admin", "--password-stdin", *there, typed=PASSWORD)

    assert answer.code == 0
    assert str(folder) in answer.errors
    assert not (folder / "admin-password").exists()


def test_a_redis_that_is_away_does_not_stop_the_work_on_agents(ready: Shell) -> None:
    ready.env["REDIS_URL"] = "redis://127.0.0.1:1"
    ready.fine("agents", "add", "mona", "--no-password")
    ready.fine("agents", "disable", "mona")


def _verdicts(report: Mapping[str, list[dict[str, str]]]) -> dict[str, str]:
    return {finding["subject"]: finding["verdict"] for finding in report["findings"]}


def test_doctor_finds_everything_in_order(ready: Shell) -> None:
    report = json.loads(ready.fine("doctor", "--json"))
    assert report["ok"] is True
    assert _verdicts(report) == {
        "Settings": "good",
        "Database": "good",
        "Redis": "good",
        "Journal": "good",
        "Files": "good",
        "Route": "good",
        "sandbox": "good",
        "wppconnect": "fact",
        "cloud_api": "fact",
        "Workers": "doubtful",
    }


def test_doctor_says_of_everything_that_is_wrong_what_to_do(shell: Shell) -> None:
    journal = shell.folder / "data"
    journal.write_text("in the way")
    shell.env |= {
        "WHATSAPP_DRIVER": "wppconnect",
        "WPPCONNECT_URL": "http://127.0.0.1:1",
        "REDIS_URL": "redis://:hush@127.0.0.1:1",
        "KHALIFA_PROT": "8000",
    }

    answer = shell.run("doctor")

    assert answer.code == 1
    for words in (
        "khalifa db upgrade",
        "REDIS_URL",
        "KHALIFA_DATA_DIR",
        "WPPCONNECT_SECRET_KEY is not set",
    ):
        assert words in answer.output
    assert "hush" not in answer.output + answer.errors


def test_doctor_names_every_missing_setting_at_once(shell: Shell) -> None:
    shell.env = {"KHALIFA_LOG_FORMAT": "xml"}
    answer = shell.run("doctor")
    assert answer.code == 1
    for name in ("WHATSAPP_DRIVER", "DATABASE_URL", "REDIS_URL", "KHALIFA_LOG_FORMAT"):
        assert f"{name} " in answer.output


def test_doctor_points_at_a_setting_that_nobody_reads(ready: Shell) -> None:
    ready.env["KHALIFA_PROT"] = "8000"
    assert "KHALIFA_PROT is set, and nothing reads it" in ready.fine("doctor")


def test_doctor_tells_whence_a_setting_comes(ready: Shell) -> None:
    (ready.folder / ".env").write_text("KHALIFA_PORT=8123\nKHALIFA_HOST=127.0.0.2\n")
    ready.env["KHALIFA_HOST"] = "127.0.0.3"

    report = json.loads(ready.fine("doctor", "--json"))

    found = {
        setting["name"]: (setting["value"], setting["source"]) for setting in report["settings"]
    }
    assert found["KHALIFA_PORT"] == ("8123", ".env")
    assert found["KHALIFA_HOST"] == ("127.0.0.3", "environment")
    assert found["KHALIFA_PHONE_REGION"] == ("EG", "default")
    assert found["SANDBOX_SECRET"] == ("set", "environment")


def test_the_status_of_the_provider_decides_how_the_command_ends(ready: Shell) -> None:
    answer = ready.run("provider", "status")
    assert answer.code == 0
    assert "sandbox" in answer.output
    assert "WPPCONNECT_URL is not set" in answer.errors

    ready.env["REDIS_URL"] = "redis://127.0.0.1:1"
    assert (ready.run("provider", "status")).code == 1


async def test_a_number_is_paired_in_the_terminal(shell: Shell) -> None:
    async with WppconnectLine("http://127.0.0.1:1", shell.folder) as line:
        await line.act("set_mode", session=line.session, mode="needs_qr")
        shell.env |= {**line.env, "WHATSAPP_DRIVER": "wppconnect"}
        command = ["provider", "pair", "--provider", "wppconnect"]
        async with shell.process(*command) as pairing:
            await pairing.wait_for_line("The code changes by itself")
            await line.act("next_qr", session=line.session)
            await eventually(
                lambda: pairing.output().count("The code changes by itself") == 2,
                within=10,
                what="the next code",
            )
            await line.act("scan", session=line.session)
            assert await pairing.wait() == 0
            assert "Paired: +" in pairing.output()

        async with shell.process(*command) as again:
            assert await again.wait() == 0
            assert "Nothing to scan" in again.output()


async def test_an_app_that_is_not_subscribed_is_found_and_subscribed(ready: Shell) -> None:
    async with CloudApiLine("http://127.0.0.1:1", ready.folder) as line:
        await line.act("adjust", subscribed=False)
        ready.env |= {**line.env, "WHATSAPP_DRIVER": "cloud_api"}
        async with ready.process("doctor") as doctor:
            assert await doctor.wait() == 1
            told = doctor.output()
        assert "khalifa provider subscribe" in told
        assert "cloud_api: app secret" in told
        assert not [secret for secret in (line.token, line.secret) if secret in told]

        # No server runs here, so its webhook goes on being a fault.
        async with ready.process("provider", "subscribe") as subscribing:
            assert await subscribing.wait() == 1
            told = subscribing.output()
        assert "was told to send what comes in" in told
        assert "subscription:" not in told


def test_what_needs_no_subscription_says_so(ready: Shell) -> None:
    answer = ready.run("provider", "subscribe")
    assert answer.code == 1
    assert "needs no subscription" in answer.errors


async def test_worker_is_a_process_of_each_kind(ready: Shell) -> None:
    async with ready.process("worker") as workers:
        await workers.wait_for_line('"role":"intake"')
        await workers.wait_for_line('"role":"delivery"')
        assert await workers.terminate(within=10) == 0
        assert workers.output().count("worker stopped") == 2


async def test_the_provider_is_switched_and_back_with_one_command_each(ready: Shell) -> None:
    env_file = ready.folder / ".env"
    env_file.write_text("# ours\nWHATSAPP_DRIVER=wppconnect\nKHALIFA_PORT=8000\n")
    env_file.chmod(0o600)
    del ready.env["WHATSAPP_DRIVER"]
    old = WppconnectLine("http://127.0.0.1:1", ready.folder)
    async with CloudApiLine("http://127.0.0.1:1", ready.folder) as line:
        ready.env |= {**line.env, **old.env}

        async def ask(*arguments: str) -> tuple[int, str]:
            async with ready.process("provider", *arguments) as command:
                return await command.wait(within=60), command.output()

        code, told = await ask("plan", "--to", "cloud_api", "--json")
        planned = json.loads(told[told.index("{") :])
        red = [one["says"] for one in planned["findings"] if one["light"] == "red"]
        # No server runs here, so its webhook is the one fault.
        assert (code, planned["target"], len(red)) == (1, "cloud_api", 1), told
        assert red[0].startswith("cloud_api, webhook:")

        code, told = await ask("switch", "--to", "cloud_api", "--yes", "--force")
        assert code == 0, told
        assert "Replies go by cloud_api from now on" in told
        text = env_file.read_text()
        assert text == "# ours\nWHATSAPP_DRIVER=cloud_api\nKHALIFA_PORT=8000\n"
        assert len(list((ready.folder / "data" / "backups").glob("khalifa-*/database.db"))) == 1
        code, told = await ask("switch", "--to", "cloud_api", "--yes")
        assert code == 1
        assert "by cloud_api already" in told

        code, told = await ask("rollback", "--yes")
        assert code == 0, told
        assert "WHATSAPP_DRIVER=wppconnect" in env_file.read_text()

        # A target that cannot send is red.
        await line.act("arrange", scenario="token_expired", endpoint="phone_number")
        code, told = await ask("switch", "--to", "cloud_api", "--yes")
        assert code == 1
        assert "The plan is red" in told
        code, told = await ask("switch", "--to", "telegram", "--yes")
        assert code == 1
        assert "telegram is not configured" in told
        assert "WHATSAPP_DRIVER=wppconnect" in env_file.read_text()


@dataclass(frozen=True)
class _Usage:
    free: int


def test_a_switch_in_a_wrong_state_is_refused_with_words_and_changes_nothing(
    ready: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file = ready.folder / ".env"
    env_file.write_text("WHATSAPP_DRIVER=sandbox\n")
    del ready.env["WHATSAPP_DRIVER"]
    # Nobody answers there.
    ready.env |= WppconnectLine("http://127.0.0.1:1", ready.folder).env
    there = ("provider", "switch", "--to", "wppconnect", "--yes")

    def refused(*arguments: str) -> str:
        answer = ready.run(*arguments)
        assert answer.code == 1, answer
        assert env_file.read_text() == "WHATSAPP_DRIVER=sandbox\n"
        return answer.errors

    assert "The plan is red" in refused(*there)
    assert "telegram is not configured" in refused("provider", "switch", "--to", "telegram")
    assert "by sandbox already" in refused("provider", "switch", "--to", "sandbox", "--yes")
    assert "nothing to go back to" in refused("provider", "rollback", "--yes")
    assert "Nobody is there to ask" in refused(*there[:-1], "--force")
    assert "Switch to another provider first" in refused("provider", "retire", "sandbox", "--yes")
    assert "not retired" in refused("provider", "retire", "wppconnect", "--undo")
    with monkeypatch.context() as full:
        full.setattr("shutil.disk_usage", lambda _: _Usage(free=1))
        assert "Make room" in refused(*there, "--force")
    (ready.folder / "file").touch()
    in_a_file = ("--backup-dir", str(ready.folder / "file"))
    assert "backup cannot be written" in refused(*there, "--force", *in_a_file)
    with monkeypatch.context() as locked:
        locked.setattr(os, "access", lambda *_: False)
        assert "cannot be written by you" in refused(*there, "--force")
    counted = json.loads(ready.fine("provider", "watch", "--json"))
    assert (counted["switch"], counted["may_stop"]) == (None, False)

    # Somebody insists, and leaves the file as it was: it is stale, and is said to be.
    ready.fine(*there, "--force", "--no-backup", "--keep-env")
    told = ready.run("doctor").output
    assert "replies go by wppconnect; WHATSAPP_DRIVER says sandbox" in told
    assert "the file is stale" in told
    assert "khalifa provider switch --to sandbox" in told
    recorded = ready.fine("audit")
    assert '"provider": ["sandbox", "wppconnect"]' in recorded
