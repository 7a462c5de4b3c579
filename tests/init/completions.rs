//! The completions know verbs, options, profiles and shells.

use awsmfa_test_support::find_tool;
use awsmfa_test_support::terminal::Terminal;

use crate::stage::stage;
use crate::use_in_shells::type_into_elvish;

/// Checks what a shell, asked by `ask`, completes for these lines of input.
fn prove(command: &[&str], ask: fn(words: &[&str]) -> String, load: &str) {
    let cases: &[(&[&str], &str)] = &[
        (&["awsmfa", "unse"], "unset"),
        (&["awsmfa", "env", "--renew"], "--renew-within"),
        (&["awsmfa", "env", "-p", "aud"], "audit"),
        (&["awsmfa", "exec", "--profile", "chai"], "chained"),
        (&["awsmfa", "env", "--shell", "el"], "elvish"),
        (&["awsmfa", "init", "fi"], "fish"),
    ];
    if find_tool(command[0]).is_none() {
        return;
    }
    let stage = stage();
    stage.write(
        "awsmfa.nu",
        awsmfa::shell::by_name("nu")
            .unwrap()
            .function
            .as_ref()
            .unwrap()
            .scripts
            .concat(),
    );
    for (words, expected) in cases {
        let script = format!("{load}\n{}", ask(words));
        let run = stage.script(command, &script);
        let lines: Vec<&str> = run
            .stdout
            .lines()
            .filter_map(|line| line.split('\t').next())
            .collect();
        assert_eq!(lines, [*expected], "{command:?} {words:?}: {run:?}");
    }
}

#[test]
fn bash() {
    let ask = |words: &[&str]| {
        let last = words.len() - 1;
        format!(
            "COMP_WORDS=({}) COMP_CWORD={last}\n_awsmfa_complete awsmfa {} {}\n\
             printf '%s\\n' \"${{COMPREPLY[@]/$'\\t'/ and its help: }}\"\ncomplete -p awsmfa >/dev/null",
            words.join(" "),
            words[last],
            words[last - 1]
        )
    };
    prove(&["bash", "--norc"], ask, "eval \"$(awsmfa init bash)\"");
}

/// Completes a command that stands after `exec --`.
fn prove_command(command: &[&str], script: &str) {
    if find_tool(command[0]).is_none() {
        return;
    }
    let stage = stage();
    stage.program("xyzzy", "");
    let run = stage.script(command, script);
    let word = run.stdout.split(['\t', '\n']).next();
    assert_eq!(word, Some("xyzzy"), "{run:?}");
}

#[test]
fn bash_after_exec() {
    prove_command(
        &["bash", "--norc"],
        "eval \"$(awsmfa init bash)\"\n\
         COMP_WORDS=(awsmfa exec dev -- xyz) COMP_CWORD=4\n\
         _awsmfa_complete awsmfa xyz --\n\
         printf '%s\\n' \"${COMPREPLY[@]}\"",
    );
}

#[test]
fn fish_after_exec() {
    prove_command(
        &["fish", "--no-config"],
        "awsmfa init fish | source\ncomplete --do-complete 'awsmfa exec dev -- xyz'",
    );
}

#[test]
fn options_have_their_long_names_and_end_at_the_dashes() {
    let stage = stage();
    let completed = |words: &[&str]| {
        let run = stage.awsmfa(&[&["complete", "--word"], words].concat());
        assert_eq!(run.code, 0, "{run:?}");
        run.stdout
    };
    let options = completed(&["-", "--", "awsmfa", "env"]);
    assert!(options.starts_with("--profile\t"), "{options}");
    assert!(
        options.lines().all(|line| line.starts_with("--")),
        "{options}"
    );
    assert_eq!(completed(&["", "--", "awsmfa", "exec", "--"]), "");
}

/// Readline treats the `=` as a word, and bash adds the quotes.
#[test]
fn bash_after_an_equals_sign_and_with_blanks() {
    let stage = stage();
    stage
        .home
        .write_config("[profile \"my dev\"]\n[profile mine]\n");
    let script = "eval \"$(awsmfa init bash)\"\n\
                  COMP_WORDS=(awsmfa env --profile = my) COMP_CWORD=4\n\
                  _awsmfa_complete awsmfa my =\n\
                  printf '%s\\n' \"${COMPREPLY[@]}\"";
    let run = stage.script(&["bash", "--norc"], script);
    assert_eq!(run.stdout, "'my dev'\n", "{run:?}");
}

/// zsh's completion system needs a terminal, so this calls the function that it would call.
#[test]
fn zsh() {
    let ask = |words: &[&str]| {
        let last = words.len() - 1;
        format!(
            "words=({}) CURRENT={} PREFIX={}\n_awsmfa_complete",
            words.join(" "),
            last + 1,
            words[last]
        )
    };
    let load = "compdef() { }\ncompadd() { print -rl -- $values }\neval \"$(awsmfa init zsh)\"";
    prove(&["zsh", "-f"], ask, load);
}

/// At a terminal, with zsh's own completion system, loaded before or after the function.
#[test]
fn zsh_completes_what_is_typed() {
    const SYSTEM: &str = "autoload -Uz compinit; compinit -D -u";
    const LOAD: &str = "eval \"$(awsmfa init zsh)\"";
    if find_tool("zsh").is_none() {
        return;
    }
    for lines in [
        [SYSTEM, LOAD, ""],
        [LOAD, SYSTEM, ""],
        ["setopt ksh_arrays", LOAD, SYSTEM],
        ["setopt ksh_arrays", SYSTEM, LOAD],
        ["alias awsmfa=awsmfa", SYSTEM, LOAD],
    ] {
        let stage = stage();
        stage.program("xyzzy", "");
        stage.write("rc", format!("{}\nPS1='rea''dy> '\n", lines.join("\n")));
        let command = stage.terminal_command(&["zsh", "-f", "-i"]);
        let mut terminal = Terminal::showing(command, 120);
        terminal.enter(". ./rc");
        terminal.expect("ready> ");
        terminal.send("awsmfa env -p aud\t");
        terminal.expect("audit");
        terminal.send("\x15awsmfa exec dev -- xyz\t");
        terminal.expect("xyzzy");
        terminal.send("\x15exit\r");
        terminal.wait();
    }
}

#[test]
fn fish() {
    let ask = |words: &[&str]| format!("complete --do-complete '{}'", words.join(" "));
    prove(&["fish", "--no-config"], ask, "awsmfa init fish | source");
}

#[test]
fn nu() {
    let ask = |words: &[&str]| {
        format!(
            "nu-complete awsmfa '{}' | get value | to text",
            words.join(" ")
        )
    };
    prove(&["nu", "--no-config-file"], ask, "source awsmfa.nu");
}

#[test]
fn elvish() {
    if find_tool("elvish").is_none() || find_tool("expect").is_none() {
        return;
    }
    let stage = stage();
    let run = type_into_elvish(
        &stage,
        "eval (awsmfa init elvish | slurp)",
        "for c [($edit:completion:arg-completer[awsmfa] awsmfa env -p aud)] { echo $c[stem] > out }",
    );
    assert_eq!(stage.written("out"), "audit\n", "{run:?}");
}
