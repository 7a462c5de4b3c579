//! Through the function no secret reaches a screen, a log, a trace, a transcript or the history.

use awsmfa_test_support::Accounts;

use crate::machine::{LOAD, Machine, powershells};

/// The trace of `ParameterBinding` has what module logging writes (event 4103), and the parameters of
/// `iex` what script-block logging writes (event 4104).
#[test]
fn no_trace_and_no_transcript_shows_a_secret() {
    let script = format!(
        "{LOAD}\n\
         $null = Start-Transcript -Path transcript\n\
         $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'\n\
         Set-PSDebug -Trace 2\n\
         awsmfa env <code>\n\
         awsmfa env -p dev\n\
         Set-PSDebug -Off\n\
         Trace-Command -Name * -PSHost {{ awsmfa env -p admin }}\n\
         $null = Stop-Transcript\n\
         (Get-ChildItem Env:AWS* | Where-Object Name -Match 'SECRET|TOKEN').Value | Set-Content secrets\n\
         $Error.Count\n"
    );
    for powershell in powershells() {
        let machine = Machine::with(powershell);
        let ran = machine.file(&script);
        let read = |name| std::fs::read_to_string(machine.home.path().join(name)).unwrap();
        let transcript = read("transcript");
        let shown = [&*ran.stdout, &*ran.stderr, &*transcript].concat();
        assert!(ran.stdout.ends_with("\n0\n"), "{ran:#?}");
        for trace in ["awsmfa env -p dev", "! SET $", "BIND"] {
            assert!(
                shown.contains(trace),
                "there is no trace of {trace}: {shown}"
            );
        }
        let secrets = read("secrets");
        // Of the session, of the MFA session behind it, and what the bookkeeping makes of them.
        assert!(secrets.lines().count() >= 4);
        for secret in secrets.lines().chain([Accounts::ALICE_SECRET]) {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
