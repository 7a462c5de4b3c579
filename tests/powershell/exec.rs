//! `awsmfa exec -- COMMAND` through the function does the same as without it.

use crate::machine::{LOAD, in_each};

/// A program that prints its words, one that fails, and one that prints its input.
#[cfg(unix)]
mod programs {
    pub(super) const SHOW: &str = "sh -c 'printf \"<%s>\" \"$@\"; echo' show";
    pub(super) const FAIL: &str = "sh -c 'exit 7'";
    pub(super) const READ: &str = "cat";
}
#[cfg(windows)]
mod programs {
    pub(super) const SHOW: &str = "cmd /d /c echo";
    pub(super) const FAIL: &str = "cmd /d /c 'exit 7'";
    pub(super) const READ: &str = "findstr x";
}
use programs::{FAIL, READ, SHOW};

#[test]
fn in_every_position() {
    let calls = [
        "EXEC -- SHOW a",
        "EXEC '--' SHOW a",
        "EXEC \"--\" SHOW a",
        "$x = EXEC -- SHOW a; $x",
        "if ($true) { EXEC -- SHOW a }",
        "EXEC -- SHOW a | ForEach-Object { $_ }",
        "(EXEC -- SHOW a), (EXEC -- SHOW b)",
        "'x' | ForEach-Object { EXEC -- SHOW a }",
        "& awsmfa exec --renew-within 1m -- SHOW a",
        "Set-Alias mfa awsmfa; mfa exec --renew-within 1m -- SHOW a",
        "function wrap { EXEC @args }; wrap '--' SHOW a",
        "$words = 'a', 'b'; EXEC -- SHOW @words",
        "try { EXEC -- SHOW a } finally { EXEC -- SHOW b }",
        "EXEC -- SHOW a; EXEC -- SHOW b",
        // cmd and findstr want the end of a line.
        "'x', 'xy' | EXEC -- READ",
        "EXEC -- FAIL; $LASTEXITCODE",
        "$x = EXEC -- FAIL; $LASTEXITCODE",
    ];
    let mut script = format!("{LOAD}\nawsmfa env <code>\n");
    // A function of Windows PowerShell only sees the last line of such a call.
    let lines = "if ($PSVersionTable.PSVersion -ge '7.4') {\n\
                 $x = EXEC `\n\
                 -- `\n\
                 SHOW a\n\
                 $x } else { '<a>' }";
    for call in calls.iter().chain([&lines]) {
        script += call;
        script += "\n";
    }
    let script = script
        .replace("EXEC", "awsmfa exec --renew-within 1m")
        .replace("SHOW", SHOW)
        .replace("FAIL", FAIL)
        .replace("READ", READ);
    let shown = |text: &str| -> String {
        if cfg!(windows) {
            text.replace("><", " ").replace(['<', '>'], "")
        } else {
            text.to_owned()
        }
    };
    let expected = [
        "<a>", "<a>", "<a>", "<a>", "<a>", "<a>", "<a>", "<b>", "<a>", "<a>", "<a>", "<a>",
        "<a><b>", "<a>", "<b>", "<a>", "<b>", "x", "xy", "7", "7", "<a>",
    ]
    .map(shown);
    in_each(&script, &expected.each_ref().map(String::as_str));
}

/// Constrained language mode does not show where the dashes were.
#[test]
fn in_constrained_language_mode_dashes_want_quotes() {
    let script = format!(
        "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'\n\
         {LOAD}\n\
         awsmfa env <code>\n\
         awsmfa exec --renew-within 1m '--' {FAIL}\n\
         $LASTEXITCODE\n\
         'x' | awsmfa exec --renew-within 1m '--' {READ}\n\
         try {{ awsmfa exec --renew-within 1m -- {FAIL}; 'on' }} catch {{ \"$LASTEXITCODE $_\" }}\n\
         try {{ awsmfa exec --renew-within 1m -- {FAIL} --; 'on' }} catch {{ $LASTEXITCODE }}\n"
    );
    let quote = "2 awsmfa: PowerShell keeps this -- to itself; quote it: awsmfa exec '--' COMMAND";
    in_each(&script, &["7", "x", quote, "2"]);
}

/// With two splatted variables it is not known how many words each has.
#[test]
fn between_splatted_variables_dashes_want_quotes() {
    let script = format!(
        "{LOAD}\n\
         $options = '-p', 'dev'\n\
         $words = 'sh', 'x'\n\
         try {{ awsmfa exec @options -- @words; 'on' }} catch {{ $LASTEXITCODE }}\n\
         try {{ awsmfa exec @options -- @words --; 'on' }} catch {{ $LASTEXITCODE }}\n"
    );
    in_each(&script, &["2", "2"]);
}

/// Each word as a program gets it, quoted or not, computed or not. Not on Windows, where programs split their
/// own command lines.
#[cfg(unix)]
#[test]
fn each_word_as_a_program_gets_it() {
    let words = [
        "aws s3 ls",
        "-x:y -z: w -v",
        "-d1.5h -d12h -a.b --c.d",
        "-t:Build -p:A=B,C=D",
        "-x:\"a b\" -y:$none -q:@(1,2) -r:$text -s:$list -t:1,2 -u:$list[1]",
        "$none a",
        "'' a",
        "@() a",
        "@(1,2) $list",
        "1,2 a,b 1, 2",
        "007 1e3 0x10 1kb 1.50 -1 -1.5 -.5",
        "(1+1) $true $list[0] $text.Length {a b}.Length",
        "\"$text\" a\"$text\"b c$text $(1+1)",
        "@list -- b",
        "a -- b --",
        "--% -- a",
        "`-- a",
        "'--' a",
        "- ''",
        "'*' * ~ '~' ~/x \"*\" \"$star\" $star [a-z]*",
        "\"it's\" 'say \"hi\"' 'a`b$c' \\ \\\\ 'a\\' \"b\\\"",
        "@'\nhere 'q' $text\n'@ -- x",
        "-Verbose -Debug -p",
        "'é' \"’\" \"‘$text\"",
        "a `\n b `\n c",
    ];
    let mut script = format!(
        "{LOAD}\n\
         awsmfa env <code>\n\
         $none = $null; $text = 'q r'; $list = 'a', 'b'; $star = '*'\n"
    );
    for words in words {
        script.extend([format!(
            "$native = bin/show exec -- {words}\n\
             $function = awsmfa exec --renew-within 1m -- bin/show exec -- {words}\n\
             if (-not $native -or $native -cne $function) {{ \"$native\"; \"$function\" }}\n"
        )]);
    }
    script += "'done'\n";
    for powershell in crate::machine::powershells() {
        use std::os::unix::fs::PermissionsExt as _;
        let machine = crate::machine::Machine::with(powershell);
        let show = "#!/bin/sh\nprintf '<%s>' \"$@\"\necho\n";
        let show = machine.home.write("bin/show", show);
        std::fs::set_permissions(show, std::fs::Permissions::from_mode(0o755)).unwrap();
        machine.file(&script).assert_prints(&["done"]);
    }
}
