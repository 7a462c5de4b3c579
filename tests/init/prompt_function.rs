//! `awsmfa_prompt` says what `awsmfa status --format prompt` says, and runs nothing that others put into its
//! variables.

use awsmfa::clock;
use awsmfa_test_support::{Stage, find_tool};
use chrono::{DateTime, Duration, Utc};

use crate::stage::stage;

/// Prints the verb's text, the function's, the variable's, and the verb's again, a line each.
struct Shell {
    command: &'static [&'static str],
    script: &'static str,
    /// Whether the function starts no program.
    has_clock: bool,
}

const POSIX: &str = "eval \"$(awsmfa init SHELL)\"\n\
    printf '<%s>\\n' \"$(command awsmfa status --format prompt)\"\n\
    PATH=$NO_PROGRAMS$PATH\n\
    printf '<%s>\\n' \"$(awsmfa_prompt)\"\n\
    awsmfa_prompt -v\n\
    PATH=${PATH#\"$NO_PROGRAMS\"}\n\
    printf '<%s>\\n' \"$awsmfa_prompt\"\n\
    printf '<%s>\\n' \"$(command awsmfa status --format prompt)\"\n";

const SHELLS: &[Shell] = &[
    Shell {
        command: &["bash", "--norc", "-eu"],
        script: POSIX,
        has_clock: true,
    },
    Shell {
        command: &["zsh", "-f", "-o", "nounset", "-o", "ksh_arrays"],
        script: POSIX,
        has_clock: true,
    },
    Shell {
        command: &["ksh", "-eu"],
        script: POSIX,
        has_clock: true,
    },
    Shell {
        command: &["dash"],
        script: POSIX,
        has_clock: false,
    },
    Shell {
        command: &["fish", "--no-config"],
        script: "awsmfa init fish | source\n\
            echo \"<$(command awsmfa status --format prompt)>\"\n\
            echo \"<$(awsmfa_prompt)>\"\n\
            awsmfa_prompt -v\n\
            echo \"<$awsmfa_prompt>\"\n\
            echo \"<$(command awsmfa status --format prompt)>\"\n",
        has_clock: false,
    },
    Shell {
        command: &["pwsh", "-NoProfile", "-NonInteractive", "-File"],
        script: "awsmfa init powershell | Out-String | iex\n\
            $program = (Get-Command awsmfa -CommandType Application)[0]\n\
            \"<$(& $program status --format prompt)>\"\n\
            $path = $env:PATH; $env:PATH = $env:NO_PROGRAMS + $env:PATH\n\
            \"<$(awsmfa_prompt)>\"\n\
            awsmfa_prompt -v\n\
            $env:PATH = $path\n\
            \"<$awsmfa_prompt>\"\n\
            \"<$(& $program status --format prompt)>\"\n",
        has_clock: true,
    },
];

/// A stage with a session that expires then, and a folder with an `awsmfa` that must not run.
fn stage_until(expiration: DateTime<Utc>) -> Stage {
    let mut stage = stage();
    stage.env(&["dev", &stage.code()]);
    let text = expiration.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    stage
        .set("AWS_CREDENTIAL_EXPIRATION", text)
        .set("AWSMFA_EXPIRES", expiration.timestamp().to_string());
    stage
}

fn lines(shell: &Shell, stage: &mut Stage) -> Option<[String; 4]> {
    find_tool(shell.command[0])?;
    std::fs::create_dir_all(stage.out("bin/fake")).unwrap();
    stage.program("fake/awsmfa", "echo >&2 'a program ran'; exit 9");
    let fake = if shell.has_clock {
        format!("{}:", stage.out("bin/fake").display())
    } else {
        String::new()
    };
    stage.set("NO_PROGRAMS", fake);
    let script = shell.script.replace(
        "SHELL",
        match shell.command[0] {
            "dash" => "sh",
            name => name,
        },
    );
    let run = stage.script(shell.command, &script);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, ""),
        "{:?}: {run:?}",
        shell.command
    );
    let lines: Vec<String> = run.stdout.lines().map(str::to_owned).collect();
    Some(lines.try_into().unwrap_or_else(|_| panic!("{run:?}")))
}

#[test]
fn says_what_the_verb_says() {
    for shell in SHELLS {
        for left in [43_230, 3_690, 3_630, 960, 870, 45, -3] {
            let mut stage = stage_until(clock::now() + Duration::seconds(left));
            let Some([before, printed, variable, after]) = lines(shell, &mut stage) else {
                continue;
            };
            assert!(
                before.starts_with("<dev ") && before.ends_with('>'),
                "{before}"
            );
            for text in [printed, variable] {
                let is_right = text == before || text == after || left == 45;
                assert!(is_right, "{:?}: {text}, {before}", shell.command);
                assert!(text.starts_with("<dev "), "{:?}: {text}", shell.command);
                assert!(
                    text.ends_with("!>") == (left < 900),
                    "{:?}: {text}",
                    shell.command
                );
            }
        }
    }
}

#[test]
fn says_nothing_without_a_session() {
    for shell in SHELLS {
        let mut plain = stage();
        let mut other_keys = stage_until(clock::now() + Duration::hours(1));
        other_keys.set("AWS_ACCESS_KEY_ID", "AKIAI44QH8DHBEXAMPLE");
        let mut without_token = stage_until(clock::now() + Duration::hours(1));
        without_token.variables.remove("AWS_SESSION_TOKEN");
        for stage in [&mut plain, &mut other_keys, &mut without_token] {
            if let Some(lines) = lines(shell, stage) {
                assert_eq!(lines, ["<>"; 4], "{:?}", shell.command);
            }
        }
    }
}

#[test]
fn runs_nothing_that_is_in_its_variables() {
    for shell in SHELLS.iter().filter(|shell| shell.has_clock) {
        for (name, value) in [
            ("AWSMFA_PROMPT_NAME", "$(touch ran)`touch ran`%n${X}\\u!!"),
            ("AWSMFA_EXPIRES", "a[$(touch ran)]"),
            ("AWSMFA_EXPIRES", "0x7fffffff"),
        ] {
            let mut stage = stage_until(clock::now() + Duration::hours(1));
            stage.set(name, value);
            let Some([_, printed, variable, _]) = lines(shell, &mut stage) else {
                continue;
            };
            assert!(!stage.out("ran").exists(), "{:?}: {name}", shell.command);
            for text in [printed, variable] {
                let is_plain = !text.contains(['$', '`', '%', '\\', '!', '[', 'x']);
                assert!(is_plain, "{:?}: {text}", shell.command);
            }
        }
    }
}
