//! The statements in the real shells: each documented way of evaluating sets every value, and a child
//! process reports byte for byte what it inherited; then the values are removed again.

use std::collections::BTreeMap;
use std::fs;

use awsmfa::shell::{Change, Kind, SHELLS, by_name};
use awsmfa::value::Value;
use awsmfa_test_support::{
    RealShell, Run, Stage, assert_each_row_is_run, find_tool, posix_shells, say, skip, tools_folder,
};

use crate::properties::value;
use crate::{dialects, values};

const SESSION: &str = "AWS_SESSION_TOKEN";

/// The AWS variables that a child process inherits.
type Environment = BTreeMap<String, Vec<u8>>;

/// An installed shell. In its scripts `FILE` is the file with awsmfa's output, and `LINE` is the line of
/// awsmfa's table that evaluates it.
struct Real<'a> {
    name: &'static str,
    /// Options that its scripts need.
    options: &'static [&'static str],
    /// Prints a file.
    print: &'static str,
    /// The documented ways of evaluating, and settings that must make no difference.
    ways: &'a [Way],
    /// Writes the environment of a child process to `OUT`.
    dump: &'static str,
    /// Evaluates a failure, and prints `on` if the script continues as if nothing had happened.
    failing: &'static str,
    /// Whether this is the right status of that script.
    status: fn(i32) -> bool,
}

impl Real<'_> {
    /// Runs a script in this locale.
    fn run(&self, stage: &mut Stage, lang: &str, script: &str) -> Run {
        let shell = self.shell();
        let file = format!("script{}", shell.extension);
        stage.write(&file, format!("{script}\n"));
        let command = [shell.command, self.options, &[&file]].concat();
        Run::execute(&mut stage.set("LANG", lang).command(&command))
    }

    fn shell(&self) -> &'static RealShell {
        RealShell::named(self.name)
    }

    /// A script that evaluates these statements.
    fn script(&self, script: &str, file: &str) -> String {
        let row = by_name(self.shell().row).unwrap();
        let line = row.line_for(self.print);
        // In a script, cmd needs percent signs twice.
        let line = if row.name == "cmd" {
            line.replace('%', "%%")
        } else {
            line
        };
        script.replace("LINE", &line).replace("FILE", file)
    }
}

/// A way of evaluating statements.
struct Way {
    line: &'static str,
    /// Comes before the first line.
    prelude: &'static str,
    lang: &'static str,
    /// Whether this way keeps such a value; only unquoted `eval` does not keep all.
    keeps: fn(&[u8]) -> bool,
}

impl Way {
    /// The line of awsmfa's table.
    const OF_THE_TABLE: Self = Self::new("LINE");

    const fn new(line: &'static str) -> Self {
        Self {
            line,
            prelude: "",
            lang: "C.UTF-8",
            keeps: |_| true,
        }
    }

    const fn after(self, prelude: &'static str) -> Self {
        Self { prelude, ..self }
    }

    const fn in_plain_c(self) -> Self {
        Self { lang: "C", ..self }
    }

    const fn where_it_keeps(self, keeps: fn(&[u8]) -> bool) -> Self {
        Self { keeps, ..self }
    }
}

const UNQUOTED: Way = Way::new("eval $(cat FILE)").where_it_keeps(has_no_run_of_blanks);
/// ksh and mksh expand braces in the result of an unquoted substitution, quoted or not.
const UNQUOTED_IN_KSH: Way = Way::new("eval $(cat FILE)")
    .where_it_keeps(|value| has_no_run_of_blanks(value) && !value.contains(&b'{'));
const STRICT: Way = Way::OF_THE_TABLE.after("set -eu");
const ALIASED: Way = Way::OF_THE_TABLE.after("alias export='echo hijacked' unset='echo hijacked'");

fn has_no_run_of_blanks(value: &[u8]) -> bool {
    !value.windows(2).any(|pair| pair == b"  ")
}

const POSIX: Real<'static> = Real {
    name: "dash",
    options: &[],
    print: "cat FILE",
    ways: &[STRICT, ALIASED, UNQUOTED],
    dump: "bin/dump OUT",
    failing: "set -e; LINE; echo on",
    status: |status| status == 7,
};

/// A test for each shell, and the list of them.
macro_rules! in_each {
    ($($test:ident: $real:expr;)+) => {
        $(#[test]
        fn $test() {
            prove(&$real);
        })+

        const PROVEN: &[&str] = &[$($real.name),+];
    };
}

in_each! {
    bash: Real {
        name: "bash",
        ways: &[
            STRICT,
            Way::OF_THE_TABLE.after("set -o posix"),
            Way::OF_THE_TABLE.in_plain_c(),
            Way::OF_THE_TABLE.after(
                "shopt -s expand_aliases\nalias export='echo hijacked' unset='echo hijacked'",
            ),
            UNQUOTED,
            Way::new("source <(cat FILE)"),
        ],
        ..POSIX
    };
    zsh: Real {
        name: "zsh",
        ways: &[
            STRICT,
            Way::OF_THE_TABLE.after("setopt rc_quotes brace_ccl extended_glob"),
            Way::OF_THE_TABLE.in_plain_c(),
            ALIASED,
            UNQUOTED,
            Way::new("source <(cat FILE)"),
        ],
        ..POSIX
    };
    dash: Real {
        ways: &[STRICT, Way::OF_THE_TABLE.in_plain_c(), ALIASED, UNQUOTED],
        ..POSIX
    };
    busybox: Real { name: "busybox", ..POSIX };
    yash: Real { name: "yash", ..POSIX };
    ksh: Real {
        name: "ksh",
        ways: &[
            STRICT,
            ALIASED,
            Way::new("eval \"$(cat FILE)\""),
            UNQUOTED_IN_KSH,
        ],
        ..POSIX
    };
    mksh: Real {
        name: "mksh",
        ways: &[STRICT, ALIASED, UNQUOTED_IN_KSH],
        ..POSIX
    };
    fish: Real {
        name: "fish",
        ways: &[
            Way::OF_THE_TABLE,
            Way::new("eval (cat FILE)"),
            Way::new("eval (cat FILE | string collect)"),
            Way::OF_THE_TABLE.in_plain_c(),
        ],
        failing: "LINE\nor exit 9\necho on",
        status: |status| status == 9,
        ..POSIX
    };
    tcsh: Real {
        name: "tcsh",
        options: &["-e"],
        ways: &[
            Way::OF_THE_TABLE,
            Way::OF_THE_TABLE.in_plain_c(),
            Way::new("eval `cat FILE`").after("set noglob"),
        ],
        failing: "LINE\necho on",
        status: |status| status == 1,
        ..POSIX
    };
    elvish: Real {
        name: "elvish",
        ways: &[Way::OF_THE_TABLE],
        failing: "LINE; echo on",
        status: |status| status != 0,
        ..POSIX
    };
    nu: Real {
        name: "nu",
        ways: &[Way::OF_THE_TABLE],
        failing: "LINE; print on",
        status: |status| status != 0,
        ..POSIX
    };
    xonsh: Real {
        name: "xonsh",
        ways: &[Way::OF_THE_TABLE],
        dump: "$[bin/dump OUT]",
        failing: "LINE\nprint('on')",
        status: |status| status != 0,
        ..POSIX
    };
    powershell: Real {
        name: "pwsh",
        print: "/bin/cat FILE",
        ways: &[
            Way::OF_THE_TABLE.after("Set-StrictMode -Version Latest"),
            Way::new("/bin/cat FILE | Out-String | iex"),
            Way::new("iex \"$(/bin/cat FILE)\""),
        ],
        // With `| iex` alone the script continues; tests/powershell has the whole table.
        failing: "/bin/cat FILE | Out-String | iex\n'on'",
        status: |status| status == 1,
        ..POSIX
    };
    cmd: CMD;
}

/// Before version 10, wine's cmd cannot run a whole command from a `for` variable, as the line of the
/// table does; so here the statements run as lines of a batch file.
const CMD: Real<'static> = Real {
    name: "wine",
    print: "type FILE",
    ways: &[Way::new("call FILE").after("@echo off")],
    // All variables of cmd are inherited, so it can report them itself, and wine starts fewer programs.
    dump: "set AWS_>OUT",
    failing: "@echo off\ncall FILE\nif not errorlevel 7 echo on",
    status: |_| true,
    ..POSIX
};

#[test]
fn every_shell_of_the_table_is_here() {
    let shells = SHELLS.iter().filter(|shell| shell.kind == Kind::Shell);
    assert_each_row_is_run(shells.map(|shell| shell.name), PROVEN);
}

#[test]
fn cmd_by_the_line_of_the_table() {
    if !RealShell::named(CMD.name).is_installed() {
        return;
    }
    let mut stage = stage();
    stage.write("probe.txt", "set \"PROBE=x\"\n");
    let probe = CMD.script("LINE", "probe.txt");
    let probe = format!("@echo off\n{probe}\nif defined PROBE echo yes");
    let probed = CMD.run(&mut stage, "C.UTF-8", &probe);
    if !probed.stdout.starts_with("yes") {
        return skip("a cmd that runs `for /f … do @%i`, as wine's does since version 10");
    }
    prove(&Real {
        ways: &[Way::OF_THE_TABLE.after("@echo off")],
        failing: "@echo off\nLINE\nif not errorlevel 7 echo on",
        ..CMD
    });
}

/// fish says that a universal variable hides the session, without its value.
#[test]
fn fish_tells_of_a_universal_profile() {
    if find_tool("fish").is_none() {
        return;
    }
    let mut stage = stage();
    stage.remove("AWS_PROFILE");
    let statements = render("fish", &[Change::Unset("AWS_PROFILE".into())]).unwrap();
    stage.write("statements", statements);
    let run = |script: &str| {
        let run = Run::execute(&mut stage.command(&["fish", "-c", script]));
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
        run.stderr
    };
    let source = "cat statements | source";
    assert_eq!(run(&format!("set -gx AWS_PROFILE dev; {source}")), "");
    assert_eq!(run(&format!("set -U AWS_PROFILE dev; {source}")), "");
    let told = run(&format!(
        "set -eU AWS_PROFILE; set -Ux AWS_PROFILE secret-name; {source}; set -qU AWS_PROFILE"
    ));
    assert!(told.contains("set -eU AWS_PROFILE"), "{told}");
    assert!(!told.contains("secret-name"), "{told}");
}

/// If a variable is readonly, the line fails, with and without `set -e`.
#[test]
fn a_readonly_variable_fails_the_line() {
    let statements = render(
        "sh",
        &[
            Change::Set(
                "AWS_ACCESS_KEY_ID".into(),
                Value::from("ASIAIOSFODNN7EXAMPLE"),
            ),
            Change::Set(SESSION.into(), Value::from("second")),
            Change::Unset("AWS_PROFILE".into()),
            Change::Unset("AWS_SECURITY_TOKEN".into()),
        ],
    )
    .unwrap();
    let names = ["AWS_ACCESS_KEY_ID", SESSION, "AWS_PROFILE"];
    for shell in posix_shells() {
        let stage = stage();
        stage.write("statements", &statements);
        for name in names {
            for script in ["set -e; EVAL; echo on", "if EVAL; then echo on; fi"] {
                let script = script.replace("EVAL", "eval \"$(cat statements)\"");
                let script = format!("readonly {name}=mine\n{script}");
                let run = Run::execute(&mut stage.command(&[shell, &["-c", &script]].concat()));
                assert_eq!(run.stdout, "", "{shell:?}, {name}: {run:?}");
                assert_ne!(run.stderr, "", "{shell:?}, {name}: {run:?}");
            }
        }
    }
}

/// One evaluation, and what a child of the shell must inherit after it.
struct Step {
    statements: Vec<u8>,
    expected: Environment,
}

fn prove(real: &Real<'_>) {
    if !real.shell().is_installed() {
        return;
    }
    let (name, row) = (real.name, real.shell().row);
    for way in real.ways {
        let mut stage = stage();
        let mut steps = vec![Step {
            statements: render(row, &[]).unwrap(),
            expected: start(),
        }];
        let (mut passed, mut refused, mut lost) = (0, 0, 0);
        // wine is slow.
        let values = match row {
            "cmd" => values::listed(),
            _ => values::all(),
        };
        for bytes in values {
            let [enter, leave] = session(&bytes);
            let Some(statements) = render(row, &enter) else {
                assert!(!dialects::carries(row, &bytes), "{name} refuses {bytes:?}");
                refused += 1;
                continue;
            };
            assert!(dialects::carries(row, &bytes), "{name} writes {bytes:?}");
            // yash only knows characters, not bytes.
            if !(way.keeps)(&bytes) || (name == "yash" && str::from_utf8(&bytes).is_err()) {
                lost += 1;
                continue;
            }
            passed += 1;
            let mut expected = Environment::from([
                (SESSION.to_owned(), bytes),
                ("AWS_REGION".to_owned(), b"second".to_vec()),
            ]);
            if row == "cmd" {
                expected.retain(|_, value| !value.is_empty());
            }
            steps.push(Step {
                statements,
                expected,
            });
            steps.push(Step {
                statements: render(row, &leave).unwrap(),
                expected: start(),
            });
        }
        evaluate(real, way, &mut stage, &steps);
        let circumstances = [
            way.prelude.replace('\n', "; "),
            format!("LANG={}", way.lang),
        ];
        say(&format!(
            "{name}: {passed} values passed, {refused} refused, {lost} not for this way: {} ({})",
            real.script(way.line, "FILE"),
            circumstances.join(", ").trim_start_matches(", "),
        ));
    }
    fails(real, name);
}

/// The environment before every session, which `unset` must restore.
fn start() -> Environment {
    Environment::from([("AWS_PROFILE".to_owned(), b"old".to_vec())])
}

fn session(bytes: &[u8]) -> [[Change; 4]; 2] {
    [
        [
            Change::Set(SESSION.into(), value(bytes)),
            Change::Set("AWS_REGION".into(), Value::from("second")),
            Change::Unset("AWS_PROFILE".into()),
            Change::Unset("AWS_SECURITY_TOKEN".into()),
        ],
        [
            Change::Unset(SESSION.into()),
            Change::Unset("AWS_REGION".into()),
            Change::Unset("AWS_SECURITY_TOKEN".into()),
            Change::Set("AWS_PROFILE".into(), Value::from("old")),
        ],
    ]
}

fn evaluate(real: &Real<'_>, way: &Way, stage: &mut Stage, steps: &[Step]) {
    let is_cmd = real.shell().row == "cmd";
    let mut script = format!("{}\n", way.prelude);
    for (index, step) in steps.iter().enumerate() {
        let (file, out) = (format!("{index}.bat"), format!("{index}.out"));
        stage.write(&file, &step.statements);
        script.extend([
            &real.script(way.line, &file),
            "\n",
            &real.dump.replace("OUT", &out),
            "\n",
        ]);
    }
    let run = real.run(stage, way.lang, &script);
    let what = format!("{}: {run:?}", way.line);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{what}");
    if !is_cmd {
        assert_eq!(run.stderr, "", "{what}");
    }
    for (index, step) in steps.iter().enumerate() {
        let dumped = fs::read(stage.out(&format!("{index}.out"))).unwrap();
        let end = if is_cmd { b'\n' } else { 0 };
        assert_eq!(
            environment(&dumped, end),
            step.expected,
            "{:?}, {} after {}",
            real.name,
            way.line,
            String::from_utf8_lossy(&step.statements)
        );
    }
}

fn fails(real: &Real<'_>, name: &str) {
    let mut stage = stage();
    let failure = (by_name(real.shell().row).unwrap().grammar.failure)(7);
    stage.write("failure.bat", failure);
    let script = real.script(real.failing, "failure.bat");
    let run = real.run(&mut stage, "C.UTF-8", &script);
    assert_eq!(run.stdout, "", "{name} goes on: {run:?}");
    assert!((real.status)(run.code), "{name}: {run:?}");
}

fn render(row: &str, changes: &[Change]) -> Option<Vec<u8>> {
    let rendered = (by_name(row).unwrap().grammar.render)(changes).ok()?;
    assert_eq!(*rendered.announcement, b"");
    Some(rendered.statements.to_vec())
}

fn environment(dumped: &[u8], end: u8) -> Environment {
    dumped
        .split(|&b| b == end)
        .filter(|entry| entry.starts_with(b"AWS_"))
        .map(|entry| {
            let entry = entry.strip_suffix(b"\r").unwrap_or(entry);
            let at = entry.iter().position(|&b| b == b'=').unwrap();
            let name = String::from_utf8(entry[..at].to_vec()).unwrap();
            (name, entry[at + 1..].to_vec())
        })
        .collect()
}

/// A stage whose only variable of AWS is `AWS_PROFILE`.
fn stage() -> Stage {
    let mut stage = Stage::new();
    let is_needed = |name: &str| ["HOME", "PATH"].contains(&name);
    stage.variables.retain(|name, _| is_needed(name));
    let wine = tools_folder().join("wine").display().to_string();
    stage
        .set_all(&[("AWS_PROFILE", "old"), ("WINEDEBUG", "-all")])
        .set("WINEPREFIX", wine);
    stage.program("dump", "exec env -0 >\"$1\"");
    stage
}
