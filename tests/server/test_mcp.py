"""The tools for agents, called by the official client over standard input and output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")


def test_an_agent_composes_changes_and_renders(tiny_model: Path, tmp_path: Path, song_file: Path) -> None:
    import anyio
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    arguments = ["mcp", "--project", str(tmp_path / "project"), "--model", str(tiny_model)]
    program = "import sys; from composer.cli import app; sys.exit(app(prog_name='cantilena'))"
    server = StdioServerParameters(command=sys.executable, args=["-c", program, *arguments], env=dict(os.environ))

    async def talk() -> None:
        async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            names = {tool.name for tool in (await session.list_tools()).tools}
            assert names >= {"compose", "infill", "vary", "continue", "accompany", "inspect", "render"}

            async def call(name: str, **options: Any) -> Any:
                answer = await session.call_tool(name, options)
                return answer, json.loads(answer.content[0].text) if not answer.is_error else answer.content[0].text

            _, piece = await call("compose", prompt="a piano piece in D minor", bars=3, seed=1)
            assert (piece["bars"], piece["key"]) == (3, "D minor")
            assert all(Path(path).is_file() for path in piece["files"])
            _, mine = await call("open_file", path=str(song_file))
            _, changed = await call("infill", version=mine["id"], bars="2", parts=[1])
            assert changed["parent"] == mine["id"]
            _, report = await call("inspect", version=changed["id"])
            assert report["measured"]["bars"] == 6
            refused, message = await call("infill", version=mine["id"], bars="90")
            assert refused.is_error
            assert "bars 1 to 6" in message
            for path in ("n" * 400 + ".mid", "~nobody/a.mid", str(tmp_path), "\0.mid"):
                refused, message = await call("open_file", path=path)
                assert refused.is_error
                assert path[:8] in message or "home" in message or "score file" in message
                assert len(message) < 400
            refused, message = await call("compose", prompt="a waltz", bars="many")
            assert refused.is_error
            assert message.startswith('bars "many" cannot be used: give a whole number')
            assert "\n" not in message
            refused, message = await call("vary", version="0" * 16)
            assert refused.is_error
            assert "does not exist" in message

    anyio.run(talk)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interrupt_ends_the_server_while_its_client_is_open(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "composer", "mcp", "--project", str(tmp_path / "project")]
    client = {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    greeting = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client})
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as server:
        assert server.stdin
        assert server.stdout
        print(greeting, file=server.stdin, flush=True)
        assert '"result"' in server.stdout.readline()
        server.send_signal(signal.SIGINT)
        try:
            assert server.wait(timeout=20) == 130
        finally:
            server.kill()
        assert server.stderr
        assert server.stderr.read() == "cantilena: interrupted\n"


def test_a_failed_job_leaves_nothing_and_logs_one_line(tmp_path: Path, song_file: Path, monkeypatch: Any, capfd: Any) -> None:
    import anyio
    from mcp.server.mcpserver.exceptions import ToolError

    from composer.server import engine
    from composer.server.mcp import create_server

    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(engine, "_commit", fail)
    server = create_server(tmp_path)
    with pytest.raises(ToolError, match="ZeroDivisionError"):
        anyio.run(server.call_tool, "open_file", {"path": str(song_file)})
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["uploads", "versions"]
    assert capfd.readouterr().err == "cantilena: upload: unexpected error: ZeroDivisionError: division by zero\n"
