//! With the function loaded, README's lines that capture its output get the statements; otherwise the
//! function acts on the shell or subshell that calls it. No secret ever reaches another output.

use awsmfa::shell::by_name;
use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{REAL_SHELLS, RealShell, Stage, find_tool, say};

use crate::stage::{dumped, secrets, stage};
use crate::use_in_shells::type_into_elvish;

/// Where the session is after a line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Session {
    /// In the shell.
    Here,
    /// In a subshell that wrote the dump `inside`; awsmfa says that the session ends with it.
    Inside,
    /// In a subshell that wrote nothing; awsmfa says the same.
    Lost,
    /// Nowhere.
    Nowhere,
}

use Session::{Here, Inside, Lost, Nowhere};

/// The syntax of a shell.
struct Real {
    name: &'static str,
    /// Records the status of the line before.
    note: &'static str,
    /// Changes the prompt to `ready> `, written differently from what the terminal shows while it is typed.
    prompt: &'static str,
    /// Runs the file `FILE` in this shell.
    source: &'static str,
    places: &'static [Place],
    cells: &'static [&'static [Cell<'static>]],
}

const POSIX: Real = Real {
    name: "dash",
    note: "bin/note $?",
    prompt: "PS1='rea''dy> '",
    source: ". ./FILE",
    places: &[Place::Job, Place::Terminal, Place::Typed],
    cells: &[OF_POSIX, OTHERS],
};

/// A line, with `CODE` in place of a code. No secret may get into the file `log`.
struct Cell<'a> {
    line: &'a str,
    session: Session,
    status: i32,
}

const fn cell(line: &str, session: Session) -> Cell<'_> {
    Cell {
        line,
        session,
        status: 0,
    }
}

const fn fails(line: &str) -> Cell<'_> {
    Cell {
        line,
        session: Nowhere,
        status: 2,
    }
}

/// In every POSIX shell.
const OF_POSIX: &[Cell<'static>] = &[
    cell("awsmfa env CODE", Here),
    cell("awsmfa env CODE >log", Here),
    cell("awsmfa env CODE >/dev/null", Here),
    cell("{ awsmfa env CODE; bin/dump inside; } >log", Here),
    cell("eval \"$(awsmfa env CODE)\"", Here),
    cell("eval \"`awsmfa env CODE`\"", Here),
    cell("x=$(awsmfa env CODE); eval \"$x\"", Here),
    cell("x=$(awsmfa env CODE 2>/dev/null) && eval \"$x\"", Here),
    cell("x=$(true; awsmfa env CODE; true); eval \"$x\"", Here),
    cell("( awsmfa env CODE; bin/dump inside )", Inside),
    cell("( awsmfa env CODE; bin/dump inside ) >log", Inside),
    // ksh does not wait for a program that has closed the pipe.
    cell("( awsmfa env CODE; bin/dump inside; true ) | cat", Inside),
    cell(
        "{ awsmfa env CODE; bin/dump inside; true; } | tee log",
        Inside,
    ),
    cell("awsmfa env CODE | cat", Lost),
    cell("awsmfa env CODE; eval \"$(awsmfa unset)\"", Nowhere),
    cell("awsmfa env CODE; ( awsmfa unset ) 2>/dev/null", Here),
    fails("awsmfa env 12345"),
    Cell {
        session: Lost,
        ..fails("( awsmfa env 12345 )")
    },
    fails("eval \"$(awsmfa env 12345)\""),
    fails("x=$(awsmfa env 12345)"),
    // A process that the code command leaves running does not keep the reader waiting.
    cell(
        "eval \"$(awsmfa env --code-command 'sleep 300 2>/dev/null & echo $! >pid; echo CODE')\" && kill \"$(cat pid)\"",
        Here,
    ),
];

const SUBSTITUTED: &[Cell<'static>] = &[
    cell(". <(awsmfa env CODE)", Here),
    fails(". <(awsmfa env 12345)"),
];

/// The user's own descriptor 3 reaches the code command.
const DESCRIPTOR: Cell<'static> = cell(
    "echo CODE >code; awsmfa env --code-command 'cat <&3' 3<code",
    Here,
);

const BASH: &[Cell<'static>] = &[
    DESCRIPTOR,
    cell("source <(awsmfa env CODE)", Here),
    cell("echo CODE | awsmfa env -", Lost),
    cell("set +m; shopt -s lastpipe; echo CODE | awsmfa env -", Here),
    cell("source /dev/stdin <<<\"$(awsmfa env CODE)\"", Here),
    cell(
        "coproc awsmfa env CODE; exec 5<&\"${COPROC[0]}\"; wait; eval \"$(cat <&5)\"",
        Here,
    ),
    cell("awsmfa env CODE > >(tee log)", Here),
    cell(
        "exec 5>&1 > >(cat); awsmfa env CODE; x=$?; exec >&5 5>&-; (exit $x)",
        Here,
    ),
];

/// The bash of macOS is version 3.2, which cannot run the other cells, with or without awsmfa.
const OF_BASH: &[&[Cell<'static>]] = if cfg!(target_os = "macos") {
    &[OF_POSIX]
} else {
    &[OF_POSIX, SUBSTITUTED, BASH]
};

const ZSH: &[Cell<'static>] = &[
    DESCRIPTOR,
    cell("source <(awsmfa env CODE)", Here),
    cell("echo CODE | awsmfa env -", Here),
    cell("awsmfa env CODE | source /dev/stdin", Here),
    cell(
        "awsmfa env CODE | while read -r line; do eval \"$line\"; done",
        Here,
    ),
    cell("cat =(awsmfa env CODE)", Lost),
];

const KSH: &[Cell<'static>] = &[
    cell("echo CODE | awsmfa env -", Here),
    cell("x=${ awsmfa env CODE; }; eval \"$x\"", Here),
];

const OTHERS: &[Cell<'static>] = &[DESCRIPTOR, cell("echo CODE | awsmfa env -", Lost)];

const TCSH: &[Cell<'static>] = &[
    cell("awsmfa env CODE", Here),
    cell("awsmfa env CODE >log", Here),
    cell("awsmfa env CODE >/dev/null", Here),
    cell("eval \"`awsmfa env CODE`\"", Here),
    cell("set x = \"`awsmfa env CODE`\"\neval \"$x\"", Here),
    cell("( awsmfa env CODE; bin/dump inside )", Inside),
    cell(
        "( awsmfa env CODE; bin/dump inside; true ) | tee log",
        Inside,
    ),
    cell("awsmfa env CODE | cat", Lost),
    cell("awsmfa env CODE\neval \"`awsmfa unset`\"", Nowhere),
    cell("awsmfa env CODE\n( awsmfa unset ) >& /dev/null", Here),
    TCSH_FAILS,
    Cell {
        line: "eval \"`awsmfa env 12345`\"",
        ..TCSH_FAILS
    },
];

/// If its `eval` fails, tcsh loses the status; a failure before that has its own status.
const TCSH_FAILS: Cell<'static> = Cell {
    status: 1,
    ..fails("awsmfa env 12345")
};

/// In the other shells functions never run in a subshell, so they always act.
const FISH: &[Cell<'static>] = &[
    cell("awsmfa env CODE", Here),
    cell("awsmfa env CODE >log", Here),
    cell("awsmfa env CODE | source", Here),
    cell("eval (awsmfa env CODE)", Here),
    cell("source (awsmfa env CODE | psub)", Here),
    cell(
        "begin; awsmfa env CODE; bin/dump inside; end | tee log",
        Here,
    ),
    cell("awsmfa env CODE | cat", Here),
    cell("awsmfa env CODE; awsmfa unset | source", Nowhere),
    cell("awsmfa env CODE; eval (awsmfa unset)", Nowhere),
    fails("awsmfa env 12345"),
    ALWAYS_ACTS_FAILS,
    Cell {
        line: "eval (awsmfa env 12345)",
        ..ALWAYS_ACTS_FAILS
    },
];

const ALWAYS_ACTS_FAILS: Cell<'static> = Cell {
    status: 1,
    ..fails("awsmfa env 12345 | source")
};

const NU: &[Cell<'static>] = &[
    cell("awsmfa env CODE", Here),
    cell("^awsmfa env CODE | from json | load-env", Here),
    cell(
        "awsmfa env CODE; ^awsmfa unset | from json | load-env",
        Nowhere,
    ),
    cell(
        "try { awsmfa env 12345; bin/note 1 } catch { bin/note 0 }",
        Nowhere,
    ),
    cell(
        "try { ^awsmfa env 12345 | from json | load-env; bin/note 1 } catch { bin/note 0 }",
        Nowhere,
    ),
];

const XONSH: &[Cell<'static>] = &[
    cell("awsmfa env CODE", Here),
    cell("awsmfa env CODE > log", Here),
    cell("execx($(awsmfa env CODE))", Here),
    // tcsh says that this alias cannot be in a pipeline.
    cell(
        "try:\n    awsmfa env CODE | cat\n    bin/note 1\nexcept Exception:\n    bin/note 0",
        Nowhere,
    ),
    cell(
        "try:\n    execx($(awsmfa env 12345))\n    bin/note 1\nexcept Exception:\n    bin/note 0",
        Nowhere,
    ),
    cell(
        "$XONSH_SUBPROC_CMD_RAISE_ERROR = False\n$XONSH_SUBPROC_RAISE_ERROR = False\n\
         try:\n    execx($(awsmfa env 12345))\n    bin/note 1\nexcept RuntimeError:\n    bin/note 0",
        Nowhere,
    ),
    cell("awsmfa env CODE\nexecx($(awsmfa unset))", Nowhere),
];

/// The shell's standard output, and whether it is interactive.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// A script in a CI job: no terminal, and a program reads the output.
    Job,
    /// A script at a terminal.
    Terminal,
    /// Typed at a terminal.
    Typed,
}

/// Runs a script there, and returns everything that it showed.
fn run(stage: &Stage, real: &Real, place: Place, script: &str) -> String {
    let shell = RealShell::named(real.name);
    let name = format!("cell{}", shell.extension);
    stage.write(&name, script);
    let mut terminal = match place {
        Place::Job => {
            let run = stage.script(shell.command, script);
            return run.stdout + &run.stderr;
        }
        Place::Terminal => {
            let command = [shell.command, &[&name]].concat();
            Terminal::showing(stage.terminal_command(&command), 250)
        }
        Place::Typed => {
            let command = stage.terminal_command(&[shell.command, &["-i"]].concat());
            let mut terminal = Terminal::showing(command, 250);
            terminal.enter(real.prompt);
            terminal.expect("ready> ");
            terminal.enter(&real.source.replace("FILE", &name));
            terminal.enter("exit");
            terminal
        }
    };
    terminal.wait();
    terminal.shown().to_owned()
}

fn prove(real: &Real) {
    let (name, shell) = (real.name, RealShell::named(real.name));
    if !shell.is_installed() {
        return;
    }
    let row = by_name(shell.row).unwrap();
    let load = match name {
        "nu" => "source awsmfa.nu",
        _ => row.function.as_ref().unwrap().load,
    };
    let with_function = real.cells.iter().copied().flatten();
    let mut cells: Vec<(&str, &Cell)> = with_function.map(|cell| (load, cell)).collect();
    // Without the function only README's line starts a session.
    let line = row.line_for("awsmfa env CODE");
    let plain = cell(&line, Here);
    let refused = Cell {
        line: "awsmfa env CODE",
        session: Nowhere,
        status: 1,
    };
    cells.push(("", &plain));
    if real.note.contains('$') {
        cells.push(("", &refused));
    }
    let mut wrong = Vec::new();
    for (load, cell) in &cells {
        for place in real.places {
            if let Err(what) = prove_cell(real, *place, load, cell) {
                wrong.push(format!("{name}, {place:?}, {load}, {}: {what}", cell.line));
            }
        }
    }
    let count = cells.len() * real.places.len();
    say(&format!("{name}: {count} cells, {} wrong", wrong.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn prove_cell(real: &Real, place: Place, load: &str, cell: &Cell) -> Result<(), String> {
    let mut stage = stage();
    stage.keep_fish_out_of_the_home();
    let nu = by_name("nu").unwrap().function.as_ref().unwrap();
    stage.write("awsmfa.nu", nu.scripts.concat());
    let line = cell.line.replace("CODE", &stage.code());
    let has_note = cell.line.contains("bin/note");
    let note = if has_note { "" } else { real.note };
    let script = [load, &line, note, "bin/dump after", ""].join("\n");
    let shown = run(&stage, real, place, &script);
    check(cell, &stage, &shown).map_err(|what| format!("{what}\n{shown}"))
}

fn check(cell: &Cell, stage: &Stage, shown: &str) -> Result<(), String> {
    let has_session = |name: &str| {
        stage.out(name).exists() && dumped(stage, name).contains_key("AWS_SESSION_TOKEN")
    };
    let found = match (has_session("after"), has_session("inside")) {
        (true, _) => Here,
        (_, true) => Inside,
        _ => Nowhere,
    };
    let expected = match cell.session {
        Lost => Nowhere,
        other => other,
    };
    if found != expected {
        return Err(format!("the session is {found:?}"));
    }
    let status = stage.written("notes");
    if status.trim() != cell.status.to_string() {
        return Err(format!("status {status}"));
    }
    let tells = shown.contains("this is a subshell");
    if tells != matches!(cell.session, Inside | Lost) {
        return Err("a subshell is told where there is none, or not told".to_owned());
    }
    let mut shown = shown.to_owned();
    if stage.out("log").exists() {
        shown += &stage.written("log");
    }
    let session = match found {
        Here => dumped(stage, "after"),
        Inside => dumped(stage, "inside"),
        _ => return no_statement(&shown),
    };
    match secrets(&session).find(|secret| shown.contains(secret.as_str())) {
        Some(_) => Err("a secret is shown".to_owned()),
        None => no_statement(&shown),
    }
}

fn no_statement(shown: &str) -> Result<(), String> {
    for part in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN=", "(exit "] {
        if shown.contains(part) {
            return Err(format!("{part} is shown"));
        }
    }
    Ok(())
}

macro_rules! in_each {
    ($($test:ident: $real:expr;)+) => {
        $(#[test]
        fn $test() {
            prove(&$real);
        })+
    };
}

in_each! {
    bash: Real { name: "bash", cells: OF_BASH, ..POSIX };
    zsh: Real { name: "zsh", cells: &[OF_POSIX, SUBSTITUTED, ZSH], ..POSIX };
    ksh: Real { name: "ksh", cells: &[OF_POSIX, SUBSTITUTED, KSH], ..POSIX };
    dash: POSIX;
    mksh: Real { name: "mksh", ..POSIX };
    busybox: Real { name: "busybox", ..POSIX };
    yash: Real { name: "yash", ..POSIX };
    tcsh: Real {
        name: "tcsh",
        note: "bin/note $status",
        prompt: "set prompt = 'rea''dy> '",
        source: "source FILE",
        cells: &[TCSH],
        ..POSIX
    };
    fish: Real {
        name: "fish",
        note: "bin/note $status",
        prompt: "function fish_prompt; echo 'rea''dy> '; end",
        source: "source FILE",
        cells: &[FISH],
        ..POSIX
    };
    nu: Real {
        name: "nu",
        note: "bin/note 0",
        places: &[Place::Job, Place::Terminal],
        cells: &[NU],
        ..POSIX
    };
    xonsh: Real {
        name: "xonsh",
        note: "bin/note 0",
        places: &[Place::Job, Place::Terminal],
        cells: &[XONSH],
        ..POSIX
    };
}

/// Typed, since `init` adds the function to the editor, which only typed lines use.
#[test]
fn elvish() {
    if find_tool("elvish").is_none() || find_tool("expect").is_none() {
        return;
    }
    let failing = "try { LINE; bin/note 1 } catch e { bin/note 0 }";
    for (line, session) in [
        ("awsmfa env CODE; bin/note 0", Here),
        ("eval (awsmfa env CODE | slurp); bin/note 0", Here),
        ("awsmfa env CODE | cat; bin/note 0", Here),
        ("awsmfa env CODE > log; bin/note 0", Here),
        (
            "awsmfa env CODE; eval (awsmfa unset | slurp); bin/note 0",
            Nowhere,
        ),
        (&failing.replace("LINE", "awsmfa env 12345"), Nowhere),
        (
            &failing.replace("LINE", "eval (awsmfa env 12345 | slurp)"),
            Nowhere,
        ),
    ] {
        let stage = stage();
        let script = format!("{}; bin/dump after", line.replace("CODE", &stage.code()));
        let run = type_into_elvish(&stage, "eval (awsmfa init elvish | slurp)", &script);
        let shown = run.stdout + &run.stderr;
        check(&cell("", session), &stage, &shown)
            .unwrap_or_else(|what| panic!("{line}: {what}\n{shown}"));
    }
}

/// A script has no editor to add the function to, so the program refuses to print to a log there.
#[test]
fn elvish_loads_in_a_script() {
    if find_tool("elvish").is_none() {
        return;
    }
    let stage = stage();
    let script = format!(
        "eval (awsmfa init elvish | slurp)\neval (awsmfa env {} | slurp)\nbin/dump after\n",
        stage.code()
    );
    let run = stage.script(RealShell::named("elvish").command, &script);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        dumped(&stage, "after").contains_key("AWS_SESSION_TOKEN"),
        "{run:?}"
    );
}

/// How often the cells are run in which a shell may still have copies of a pipe that it closes soon.
const RUNS: usize = 50;

#[test]
fn copies_of_a_pipe_that_are_closed_soon_do_not_count() {
    for shell in REAL_SHELLS {
        let is_posix = ["bash", "zsh", "sh", "ksh"].contains(&shell.row);
        if !is_posix || !shell.is_installed() {
            continue;
        }
        let runs = RUNS;
        let stage = stage();
        let script = format!(
            "eval \"$(awsmfa init sh)\"\ni=0\nwhile [ $i -lt {runs} ]; do\n\
             awsmfa unset | true\n\
             case $(awsmfa unset 2>/dev/null) in *:*) echo statements ;; esac\n\
             i=$((i + 1))\ndone\n"
        );
        let run = stage.script(shell.command, &script);
        let statements = run.stdout.lines().filter(|line| *line == "statements");
        let acted = run.stderr.matches("this is a subshell").count();
        assert_eq!(
            (statements.count(), acted),
            (runs, runs),
            "{shell:?}: {run:?}"
        );
    }
}
