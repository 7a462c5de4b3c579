@rem The command awsmfa for cmd, in a folder that comes before awsmfa.exe's on PATH: `awsmfa env`
@rem and `awsmfa unset` act on the calling shell, everything else goes to the program.
@rem Each line has its own @: an `echo off` would stay with a batch file that calls this one.
@if not "%~1"=="env" if not "%~1"=="unset" awsmfa.exe %* & goto :eof
@rem With --shell or --help the user wants to see the output.
@for %%w in (%*) do @for %%o in (-h --help -s --shell --print-secrets) do @if "%%~w"=="%%o" awsmfa.exe %* & goto :eof
@rem The statements end with the status; without any the program is missing or was killed.
@cmd /d /c exit 1
@for /f "delims=" %%s in ('awsmfa.exe %* --shell cmd') do @%%s
