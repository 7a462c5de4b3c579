//! Loading the function, what it passes to the program, and jobs and threads, which do not have it.

use crate::machine::{LOAD, Machine, in_each_quietly, powershells};

/// On Windows PATH has cmd's batch file before the program.
#[test]
fn everything_else_goes_to_the_program() {
    let program = if cfg!(windows) {
        "awsmfa.exe"
    } else {
        "awsmfa"
    };
    let script = format!(
        "$env:PATH = \"$PWD/first$([IO.Path]::PathSeparator)$env:PATH\"\n\
         {}\n\
         '<code>' | awsmfa env -\n\
         awsmfa status | Out-Null\n\
         $LASTEXITCODE\n\
         awsmfa env --help | Select-String -SimpleMatch -Quiet 'Usage: awsmfa env'\n\
         awsmfa unset --shell fish | Select-String -SimpleMatch -Quiet 'set -eg AWS_SESSION_TOKEN'\n\
         awsmfa unset -s nu | Select-String -SimpleMatch -Quiet '\"AWS_SESSION_TOKEN\":null'\n\
         Test-Path Env:AWS_SESSION_TOKEN\n\
         awsmfa unset\n\
         awsmfa status | Out-Null\n\
         $LASTEXITCODE\n",
        LOAD.replace("awsmfa", program)
    );
    for powershell in powershells() {
        let machine = Machine::with(powershell);
        machine
            .home
            .write("first/awsmfa.bat", "@echo batch file\r\n");
        let ran = machine.file(&script);
        ran.assert_prints(&["0", "True", "True", "True", "True", "3"]);
    }
}

/// A job is another process and a thread another runspace, without the function. The program prints the
/// statements there, and nothing changes here.
#[test]
fn in_jobs_and_threads_the_program_prints() {
    let script = format!(
        "{LOAD}\n\
         function say {{ \"$(\"$input\" -match 'AWS_SESSION_TOKEN = .+')\" }}\n\
         Start-Job {{ Set-Location $using:PWD; awsmfa env <code> }} | Receive-Job -Wait | say\n\
         if ($PSVersionTable.PSVersion -lt '7.0') {{ 'True'; 'True' }} else {{\n\
         Start-ThreadJob {{ awsmfa env <code> }} | Receive-Job -Wait | say\n\
         1 | ForEach-Object -Parallel {{ awsmfa env <code> }} | say }}\n\
         Test-Path Env:AWS_SESSION_TOKEN\n"
    );
    in_each_quietly(&script, &["True", "True", "True", "False"]);
}

/// Without an MFA device in `[default]`, AWS Tools for PowerShell 4 uses the keys there.
#[cfg(unix)]
#[test]
fn the_profile_loads_it_and_a_session_of_default_is_noted() {
    for powershell in powershells() {
        let machine = Machine::with(powershell);
        let profile = ".config/powershell/Microsoft.PowerShell_profile.ps1";
        let strict = "Set-StrictMode -Version Latest\n$ErrorActionPreference = 'Stop'\n";
        machine.home.write(profile, format!("{strict}{LOAD}\n"));
        machine.home.write_config("");
        let code = machine.emulator.device("alice").code();
        let command = format!("awsmfa env {code}; \"$env:AWS_ACCESS_KEY_ID\".Substring(0, 4)");
        let ran = machine.run(&["-NonInteractive", "-Command", &command]);
        ran.assert_prints(&["ASIA"]);
        let note = "awsmfa: AWS Tools for PowerShell 4";
        assert!(ran.stderr.starts_with(note), "{ran:#?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:#?}");
    }
}
