//! Under `set -e` a failure stops the script; under `set -x` nothing secret is shown; aliases and
//! helper variables stay out of each other's way.

use crate::place::{Place, secrets};

const POSIX: [&[&str]; 8] = [
    &["bash", "--norc"],
    &["bash", "--posix"],
    &["zsh", "-f"],
    &["dash"],
    &["ksh"],
    &["mksh"],
    &["busybox", "sh"],
    &["yash"],
];

#[test]
fn a_failure_stops_the_script() {
    for shell in POSIX {
        let place = Place::new();
        let script = "set -e\neval \"$(awsmfa init sh)\"\nawsmfa env 12345\necho on";
        let Some(output) = place.run(shell, "script", script) else {
            continue;
        };
        assert_eq!(output.status.code(), Some(2), "{shell:?}: {output:?}");
        assert_eq!(output.stdout, b"", "{shell:?}: {output:?}");
    }
}

#[test]
fn an_init_that_fails_stops_the_script() {
    for shell in POSIX {
        let place = Place::new();
        for words in ["init nonsense", "init json", "init bash --bogus", "init"] {
            let script = format!("set -e\neval \"$(awsmfa {words})\"\necho on");
            let Some(output) = place.run(shell, "script", &script) else {
                continue;
            };
            assert_eq!(output.status.code(), Some(2), "{shell:?}: {output:?}");
            assert_eq!(output.stdout, b"", "{shell:?}: {output:?}");
        }
    }
}

#[test]
fn a_trace_shows_no_secret() {
    let posix = |shell: &'static [&'static str]| {
        (
            shell,
            "eval \"$(awsmfa init sh)\"",
            "set -xv",
            "set +xv",
            "case $- in *x*) ;; *) exit 9 ;; esac",
        )
    };
    let mut shells: Vec<_> = POSIX.into_iter().map(posix).collect();
    shells.push((
        &["fish", "--no-config"],
        "awsmfa init fish | source",
        "set -g fish_trace 1",
        "set -e fish_trace",
        "test $fish_trace = 1; or exit 9",
    ));
    shells.push((
        &["tcsh", "-f"],
        "\\awsmfa init tcsh > ~/.awsmfa.tcsh; alias awsmfa 'source ~/.awsmfa.tcsh'",
        "set echo verbose",
        "unset echo verbose",
        "if (! $?echo || ! $?verbose) exit 9",
    ));
    for (shell, load, on, off, is_on) in shells {
        let place = Place::new();
        let device = place.emulator.device("alice");
        let wrong = device.wrong_code();
        let lines = [
            load.to_owned(),
            on.to_owned(),
            format!("awsmfa env {}", device.code()),
            is_on.to_owned(),
            format!("awsmfa env {wrong}"),
            is_on.to_owned(),
            "awsmfa unset".to_owned(),
            is_on.to_owned(),
            format!("awsmfa env {}", device.code()),
            off.to_owned(),
            "./dump session".to_owned(),
        ];
        let Some(output) = place.run(shell, "script", &lines.join("\n")) else {
            continue;
        };
        assert!(output.status.success(), "{shell:?}: {output:?}");
        let seen = [output.stdout, output.stderr].concat();
        let seen = String::from_utf8_lossy(&seen);
        assert!(seen.contains(&wrong), "{shell:?} traces nothing: {seen}");
        let session = place.dumped("session");
        assert!(secrets(&session).count() > 1, "{shell:?}");
        for secret in secrets(&session) {
            assert!(!seen.contains(secret.as_str()), "{shell:?}: {seen}");
        }
        assert!(!seen.contains("AWS_SECRET_ACCESS_KEY"), "{shell:?}: {seen}");
    }
}

#[test]
fn aliases_do_not_hijack_and_helpers_do_not_stay() {
    let hijacked = "eval command set shift return export unset echo exit true unalias awsmfa"
        .split(' ')
        .map(|word| format!("alias {word}='printf hijacked'\n"))
        .collect::<Vec<_>>()
        .concat();
    for shell in POSIX {
        let place = Place::new();
        let code = place.emulator.device("alice").code();
        let is_bash = shell[0] == "bash";
        let shopt = if is_bash {
            "shopt -s expand_aliases\n"
        } else {
            ""
        };
        // zsh reads all that it evaluates before it runs any of it, and an alias stands in the way
        // of a function's name there: it says so.
        let aliases = match shell[0] {
            "zsh" => hijacked.replace("alias awsmfa=", "\\: "),
            _ => hijacked.clone(),
        };
        let script = format!(
            "{shopt}{aliases}\\eval \"$(\\command awsmfa init sh)\"\n\
             awsmfa env {code}\n\
             ./dump session\n\
             \\set | grep -c '^\\(verb\\|word\\)=' > leaks\n"
        );
        let Some(output) = place.run(shell, "script", &script) else {
            continue;
        };
        assert_eq!(output.stdout, b"", "{shell:?}: {output:?}");
        assert!(
            place.dumped("session").contains_key("AWS_SESSION_TOKEN"),
            "{shell:?}: {output:?}"
        );
        assert_eq!(place.read("leaks").trim(), "0", "{shell:?}");
    }
}
