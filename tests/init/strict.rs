//! Under `set -e` a failure stops the script; under `set -x` no secret is shown; aliases and helper
//! variables do not interfere.

use awsmfa_test_support::{find_tool, posix_shells};

use crate::stage::{dumped, secrets, stage};

/// The POSIX shells, and bash under the name sh.
fn shells() -> Vec<&'static [&'static str]> {
    let mut shells = posix_shells();
    shells.push(&["bash", "--posix"]);
    shells
}

#[test]
fn a_failure_stops_the_script() {
    for shell in shells() {
        let stage = stage();
        let script = "set -e\neval \"$(awsmfa init sh)\"\nawsmfa env 12345\necho on";
        let run = stage.script(shell, script);
        assert_eq!(run.code, 2, "{shell:?}: {run:?}");
        assert_eq!(run.stdout, "", "{shell:?}: {run:?}");
    }
}

#[test]
fn an_init_that_fails_stops_the_script() {
    for shell in shells() {
        let stage = stage();
        for words in ["init nonsense", "init json", "init bash --bogus", "init"] {
            let script = format!("set -e\neval \"$(awsmfa {words})\"\necho on");
            let run = stage.script(shell, &script);
            assert_eq!(run.code, 2, "{shell:?}: {run:?}");
            assert_eq!(run.stdout, "", "{shell:?}: {run:?}");
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
    let mut traced: Vec<_> = shells().into_iter().map(posix).collect();
    traced.push((
        &["fish", "--no-config"],
        "awsmfa init fish | source",
        "set -g fish_trace 1",
        "set -e fish_trace",
        "test $fish_trace = 1; or exit 9",
    ));
    traced.push((
        &["tcsh", "-f"],
        "\\awsmfa init tcsh >! ~/.awsmfa.tcsh; alias awsmfa 'source ~/.awsmfa.tcsh'",
        "set echo verbose",
        "unset echo verbose",
        "if (! $?echo || ! $?verbose) exit 9",
    ));
    for (shell, load, on, off, is_on) in traced {
        if find_tool(shell[0]).is_none() {
            continue;
        }
        let stage = stage();
        let device = stage.emulator.device("alice");
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
            "bin/dump session".to_owned(),
        ];
        let run = stage.script(shell, &lines.join("\n"));
        assert!(run.code == 0, "{shell:?}: {run:?}");
        let seen = run.stdout + &run.stderr;
        assert!(seen.contains(&wrong), "{shell:?} traces nothing: {seen}");
        let session = dumped(&stage, "session");
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
    for shell in shells() {
        let stage = stage();
        let code = stage.code();
        let is_bash = shell[0] == "bash";
        let shopt = if is_bash {
            "shopt -s expand_aliases\n"
        } else {
            ""
        };
        let script = format!(
            "{shopt}{hijacked}\\eval \"$(\\command awsmfa init sh)\"\n\
             awsmfa env {code}\n\
             bin/dump session\n\
             \\set | grep -c '^\\(verb\\|word\\)=' > leaks\n"
        );
        let run = stage.script(shell, &script);
        assert_eq!(run.stdout, "", "{shell:?}: {run:?}");
        assert!(
            dumped(&stage, "session").contains_key("AWS_SESSION_TOKEN"),
            "{shell:?}: {run:?}"
        );
        assert_eq!(stage.written("leaks").trim(), "0", "{shell:?}");
    }
}

/// What a user may have set before the function is loaded makes no difference.
#[test]
fn settings_and_readonly_names_do_not_matter() {
    const READONLY: &str =
        "for name in verb word shell flags own pid; do eval \"readonly $name=mine\"; done";
    for shell in shells() {
        let settings: &[&str] = match shell[0] {
            "zsh" => &[
                "setopt ksh_arrays",
                "setopt sh_word_split no_unset err_exit",
                "setopt no_case_match extended_glob rc_quotes",
                "emulate sh",
                "emulate ksh",
            ],
            "bash" => &["set -o posix", "shopt -s extglob nocasematch"],
            _ => &[],
        };
        for settings in [&[READONLY, "set -eu", "set -C", "set -euCf"], settings].concat() {
            let stage = stage();
            let row = match shell[0] {
                name @ ("bash" | "zsh" | "ksh") => name,
                _ => "sh",
            };
            let script = format!(
                "{settings}\neval \"$(awsmfa init {row})\"\nawsmfa env {}\nbin/dump session\n\
                 awsmfa unset\nbin/dump after\n",
                stage.code()
            );
            let run = stage.script(shell, &script);
            let what = format!("{shell:?} {settings}: {run:?}");
            assert_eq!(run.code, 0, "{what}");
            let has_session =
                ["session", "after"].map(|it| dumped(&stage, it).contains_key("AWS_SESSION_TOKEN"));
            assert_eq!(has_session, [true, false], "{what}");
        }
    }
}

#[test]
fn a_readonly_name_does_not_silence_a_failure() {
    for shell in shells() {
        let stage = stage();
        let script = "readonly verb=mine word=mine\neval \"$(awsmfa init sh)\"\n\
                      awsmfa env 12345\nbin/note $?\n";
        let run = stage.script(shell, script);
        assert_eq!(stage.written("notes"), "2\n", "{shell:?}: {run:?}");
    }
}

/// The first call of the function prints by itself here, which fails.
#[cfg(target_os = "linux")]
#[test]
fn statements_that_cannot_be_written_are_a_failure() {
    for shell in shells() {
        let stage = stage();
        let code = stage.code();
        let script = format!(
            "eval \"$(awsmfa init sh)\"\nawsmfa env --shell sh {code} >/dev/full\nbin/note $?\n"
        );
        let run = stage.script(shell, &script);
        assert_eq!(stage.written("notes"), "1\n", "{shell:?}: {run:?}");
    }
}

/// The function is in a file, which a second load overwrites.
#[test]
fn tcsh_loads_twice_under_noclobber() {
    if find_tool("tcsh").is_none() {
        return;
    }
    let stage = stage();
    let row = awsmfa::shell::by_name("tcsh").unwrap();
    let load = row.function.as_ref().unwrap().load;
    let script = format!(
        "set noclobber\n{load}\n{load}\nawsmfa env {}\nbin/dump session\n",
        stage.code()
    );
    let run = stage.script(&["tcsh", "-fe"], &script);
    assert_eq!(run.code, 0, "{run:?}");
    let session = dumped(&stage, "session");
    assert!(session.contains_key("AWS_SESSION_TOKEN"), "{run:?}");
}
