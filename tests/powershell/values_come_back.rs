//! Every value that PowerShell can carry comes back unchanged; others are refused.

use std::fmt::Write as _;

use crate::machine::{LOAD, Machine, powershells};
use crate::values;

/// `unset` restores each value, by records as `env` leaves them.
const SCRIPT: &str = r#"
$program = (Get-Command awsmfa -CommandType Application)[0].Source
LOAD
$ways = @{
    iex = { & $program unset | iex }
    string = { & $program unset | Out-String | iex }
    function = { awsmfa unset }
}
$count = 0
foreach ($line in Get-Content values.txt) {
    $kind, $units = $line -split ' '
    $value = -join @(foreach ($unit in $units) { [char][int]"0x$unit" })
    $expected = if ($kind -eq 'refused' -or
        ($value -eq '' -and $PSVersionTable.PSVersion -lt '7.5')) { $null } else { $value }
    foreach ($way in WAYS) {
        [Environment]::SetEnvironmentVariable('AWS_ACCESS_KEY_ID', 'ASIAIOSFODNN7EXAMPLE')
        [Environment]::SetEnvironmentVariable('AWSMFA_KEY_ID', 'ASIAIOSFODNN7EXAMPLE')
        [Environment]::SetEnvironmentVariable('AWS_SECURITY_TOKEN', [NullString]::Value)
        [Environment]::SetEnvironmentVariable('AWSMFA_REPLACED_AWS_SECURITY_TOKEN', $value)
        try { & $ways[$way] 2>$null } catch { }
        $back = [Environment]::GetEnvironmentVariable('AWS_SECURITY_TOKEN')
        # Not by -eq, which takes some different texts for the same.
        if ([Object]::Equals($back, $expected) -and [bool]$LASTEXITCODE -eq ($kind -eq 'refused')) {
            $count++
        } else {
            "$way, $LASTEXITCODE, $line"
        }
    }
}
$count
"#;

#[test]
fn by_each_way() {
    // Elsewhere tests/shells has the statements in the real shell.
    let ways: &[&str] = if cfg!(windows) {
        &["iex", "string", "function"]
    } else {
        &["function"]
    };
    let all = values::all();
    let texts: Vec<&str> = all
        .iter()
        .filter_map(|value| str::from_utf8(value).ok())
        // The most that Windows takes is 32767.
        .filter(|text| text.len() < 30_000)
        .collect();
    let mut lines = String::new();
    for text in &texts {
        let is_carried = !text.contains(|c: char| c.is_ascii_control());
        lines += if is_carried { "carried" } else { "refused" };
        for unit in text.encode_utf16() {
            write!(lines, " {unit:04x}").unwrap();
        }
        lines.push('\n');
    }
    for powershell in powershells() {
        let machine = Machine::with(powershell);
        machine.home.write("values.txt", &lines);
        let quoted: Vec<String> = ways.iter().map(|way| format!("'{way}'")).collect();
        let script = SCRIPT
            .replace("LOAD", LOAD)
            .replace("WAYS", &quoted.join(", "));
        let ran = machine.file(&script);
        ran.assert_prints(&[&(ways.len() * texts.len()).to_string()]);
    }
}
