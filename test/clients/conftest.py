"""One real server for all tests of this folder: the toy model, the default model and the echo engine."""

import os
import pathlib
import re
import subprocess
import tempfile
import time

import pytest
import requests

ROOT = pathlib.Path(__file__).parent.parent.parent
START_SECONDS = 60


class Server:
    def __init__(self, url: str, key: str, data: str) -> None:
        self.data = data
        self.url = url
        """Without /v1."""
        self.key = key
        self.toy = "tiny-chat"
        self.model = "smollm2-135m"


@pytest.fixture(scope="session")
def server():
    engine = os.environ.get("DRAGOMAN_TEST_ENGINE", str(ROOT / ".cache" / "engine"))
    models = os.environ.get("DRAGOMAN_TEST_MODELS", str(ROOT / ".cache" / "models"))
    with tempfile.TemporaryDirectory(prefix="dragoman-clients-") as data:
        config = pathlib.Path(data) / "config.yaml"
        config.write_text(
            f"engineFolder: {engine}\n"
            f"modelFolder: {models}\n"
            "download: false\n"
            "models:\n"
            "  tiny-chat: { route: [toy] }\n"
            "  smollm2-135m: { route: [small] }\n"
            "  echo: { route: [echo] }\n"
            "upstreams:\n"
            "  toy: { engine: llama, model: tiny-chat }\n"
            "  small: { engine: llama, model: smollm2-135m }\n"
            "  echo: { engine: echo }\n"
        )
        bun = ROOT / "node_modules" / ".bin" / "bun"
        command = [bun, ROOT / "src" / "main.ts", "serve", "--listen", "127.0.0.1:0", "--config", config, "--data", data]
        log = open(pathlib.Path(data) / "log", "w")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            printed = ""
            while "curl" not in printed:
                line = process.stdout.readline()
                assert line, f"the server ended: {printed}"
                printed += line
            url = re.search(r"listens on (\S+)", printed).group(1)
            key_file = re.search(r"Your API key is in (.+), a file", printed).group(1)
            key = pathlib.Path(key_file).read_text().strip()
            until_ready(url)
            yield Server(url, key, data)
        finally:
            process.terminate()
            process.wait(timeout=20)
            log.close()


def until_ready(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while requests.get(f"{url}/ready", timeout=5).status_code != 200:
        assert time.monotonic() < deadline, requests.get(f"{url}/ready", timeout=5).text
        time.sleep(0.05)
