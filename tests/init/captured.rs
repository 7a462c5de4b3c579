//! Captured or not: with the function loaded, the lines of README that capture its output get the
//! statements, and everywhere else it acts on the shell, or the subshell, that calls it. In no case
//! does a secret reach an output.

use awsmfa::shell::by_name;
use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{REAL_SHELLS, RealShell, Stage, say};

use crate::stage::{dumped, secrets, stage};

/// Where the session is after a line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Session {
    /// In the shell.
    Here,
    /// In a subshell, which wrote the dump `inside`, and where awsmfa says that it ends there.
    Inside,
    /// In a subshell that wrote nothing; awsmfa says the same.
    Lost,
    /// Nowhere.
    Nowhere,
}

use Session::{Here, Inside, Lost, Nowhere};

/// A line in which `CODE` stands for a code and `CAPTURED` for the file `log`, where no secret may be.
struct Cell {
    line: &'static str,
    session: Session,
    status: i32,
}

const fn cell(line: &'static str, session: Session) -> Cell {
    Cell {
        line,
        session,
        status: 0,
    }
}

const fn fails(line: &'static str) -> Cell {
    Cell {
        line,
        session: Nowhere,
        status: 2,
    }
}

/// In every shell of POSIX's kind.
const POSIX: &[Cell] = &[
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
    // What a code command leaves behind does not keep the reader waiting.
    cell(
        "eval \"$(awsmfa env --code-command 'sleep 300 2>/dev/null & echo $! >pid; echo CODE')\" && kill \"$(cat pid)\"",
        Here,
    ),
];

const SUBSTITUTED: &[Cell] = &[
    cell(". <(awsmfa env CODE)", Here),
    fails(". <(awsmfa env 12345)"),
];

/// The user's own descriptor 3 reaches the code command.
const DESCRIPTOR: Cell = cell(
    "echo CODE >code; awsmfa env --code-command 'cat <&3' 3<code",
    Here,
);

const BASH: &[Cell] = &[
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

const ZSH: &[Cell] = &[
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

const KSH: &[Cell] = &[
    cell("echo CODE | awsmfa env -", Here),
    cell("x=${ awsmfa env CODE; }; eval \"$x\"", Here),
];

const OTHERS: &[Cell] = &[DESCRIPTOR, cell("echo CODE | awsmfa env -", Lost)];

/// What the shell has for its standard output, and whether it is interactive.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// A script in a CI job: no terminal, and a program reads.
    Job,
    /// A script at a terminal.
    Terminal,
    /// Typed at a terminal.
    Typed,
}

const PLACES: [Place; 3] = [Place::Job, Place::Terminal, Place::Typed];

/// Runs a script there, and gives all that it showed.
fn run(stage: &Stage, shell: &RealShell, place: Place, script: &str) -> String {
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
            terminal.enter("PS1='rea''dy> '");
            terminal.expect("ready> ");
            terminal.enter(&format!(". ./{name}; exit"));
            terminal
        }
    };
    terminal.wait();
    terminal.shown().to_owned()
}

fn prove(name: &str, tables: &[&[Cell]]) {
    let shell = RealShell::named(name);
    if !shell.is_installed() {
        return;
    }
    let load = by_name(shell.row).unwrap().function.as_ref().unwrap().load;
    let mut wrong = Vec::new();
    let mut count = 0;
    for cell in tables.iter().copied().flatten() {
        for place in PLACES {
            let stage = stage();
            let line = cell.line.replace("CODE", &stage.code());
            let script = format!("{load}\n{line}\nbin/note $?\nbin/dump after\n");
            let shown = run(&stage, shell, place, &script);
            if let Err(what) = check(cell, &stage, &shown) {
                wrong.push(format!("{name}, {place:?}, {}: {what}\n{shown}", cell.line));
            }
            count += 1;
        }
    }
    say(&format!("{name}: {count} cells, {} wrong", wrong.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
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
    ($($test:ident: $name:literal, $($table:expr),+;)+) => {
        $(#[test]
        fn $test() {
            prove($name, &[$($table),+]);
        })+
    };
}

in_each! {
    bash: "bash", POSIX, SUBSTITUTED, BASH;
    zsh: "zsh", POSIX, SUBSTITUTED, ZSH;
    ksh: "ksh", POSIX, SUBSTITUTED, KSH;
    dash: "dash", POSIX, OTHERS;
    mksh: "mksh", POSIX, OTHERS;
    busybox: "busybox", POSIX, OTHERS;
    yash: "yash", POSIX, OTHERS;
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
