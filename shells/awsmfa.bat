@rem The command awsmfa for cmd, for a folder before awsmfa.exe's on PATH: `awsmfa env` and
@rem `awsmfa unset` act on the calling shell; everything else goes to the program.
@rem Each line has its own @: an `echo off` would stay on in the batch file that calls this one.
@if not "%~1"=="env" if not "%~1"=="unset" awsmfa.exe %* & goto :eof
@rem With --shell or --help the user wants to see the output.
@for %%w in (%*) do @for %%o in (-h --help -s --shell --print-secrets) do @if "%%~w"=="%%o" awsmfa.exe %* & goto :eof
@rem For `for /f ... in ('awsmfa env')` another cmd runs this: print the statements there.
@setlocal EnableDelayedExpansion
@set "line=!CMDCMDLINE:"=!"
@for /f "tokens=2,3" %%a in ("!line!") do @if /i "%%a %%b"=="/c awsmfa" endlocal & goto captured
@endlocal
@rem The statements set the status; without them the program is missing or was killed.
@cmd /d /c exit 1
@for /f "delims=" %%s in ('awsmfa.exe %* --shell cmd') do @%%s
@goto :eof
:captured
@awsmfa.exe %* --shell cmd
