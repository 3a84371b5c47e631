"""The README's Python examples as they are, against the real default model: only address and key are replaced."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_there_are_examples():
    assert BLOCKS


@pytest.mark.parametrize("block", BLOCKS)
def test_an_example_streams_its_answer(server, block):
    script = block.replace("http://127.0.0.1:8080", server.url).replace("dgm-…", server.key)
    assert script != block
    command = [sys.executable, "-u", "-c", script]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        pieces = []
        while piece := process.stdout.read1():
            pieces.append(piece)
        assert process.wait(timeout=30) == 0, process.stderr.read()
        assert "Paris" in b"".join(pieces).decode()
        assert len(pieces) > 1
    finally:
        process.kill()
