# The alias awsmfa for xonsh: `awsmfa env` and `awsmfa unset` act on the calling shell, everything else
# goes to the program.


def _awsmfa():
    import re
    import shutil
    import subprocess
    import sys

    from xonsh.built_ins import XSH
    from xonsh.tools import unthreadable

    # With --shell or --help the user wants to see the output.
    seen = re.compile(r"-h|--help|-s.*|--shell(=.*)?|--print-secrets")

    @unthreadable
    def awsmfa(args, stdin=None, stdout=None, stderr=None):
        environment = XSH.env.detype()
        program = shutil.which("awsmfa", path=environment.get("PATH"))
        if program is None:
            print("awsmfa: the program is not on PATH", file=stderr)
            return 127
        options = {"env": environment, "stdin": stdin, "stderr": stderr}
        if args[:1] not in (["env"], ["unset"]) or any(map(seen.fullmatch, args)):
            return subprocess.run([program, *args], stdout=stdout, **options).returncode
        command = [program, args[0], "--shell", "xonsh", *args[1:]]
        called = subprocess.run(command, stdout=subprocess.PIPE, encoding="ascii", **options)
        code = called.returncode
        try:
            execx(called.stdout)
        except RuntimeError:
            # This exception ends the output of a failing call; use its status.
            code = code or 1
        output = stdout or sys.stdout
        if code and not output.isatty():
            # A line that evaluates what this prints fails, too.
            print(f"raise RuntimeError('awsmfa: failed with status {code}')", file=output)
        return code

    aliases["awsmfa"] = awsmfa


_awsmfa()
del _awsmfa
