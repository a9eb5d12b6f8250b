"""`liftline …` in this process: what a command says and how it ends, without a second to start it.

That the installed command starts, and starts quickly, is seen in test_cli.py.
"""

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from pipelines.cli import main


def liftline(*arguments, stdin="", **environment):
    """Run a command with these variables beside those that stand, as a process of its own would."""
    with pytest.MonkeyPatch.context() as patch, io.StringIO() as out, io.StringIO() as err:
        for name, value in environment.items():
            patch.setenv(name, str(value))
        patch.setattr(sys, "argv", ["liftline", *map(str, arguments)])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = 0
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main()
            except SystemExit as ended:
                code = ended.code
        return subprocess.CompletedProcess(sys.argv, code, out.getvalue(), err.getvalue())
