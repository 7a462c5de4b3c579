//! A signal ends awsmfa at once wherever it waits: the shell's line fails, and no session, terminal mode
//! or process is left behind.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use awsmfa_test_support::terminal::{CTRL_BACKSLASH, CTRL_C, Terminal};
use awsmfa_test_support::{Fault, Stage, find_tool, say};
use rustix::process::{Pid, Signal, kill_process};

use crate::PROMPT;
use crate::shells::{BASH, FISH, Shell, ZSH};

/// Long for a person who pressed Ctrl-C, but enough for a loaded machine.
const AT_ONCE: Duration = Duration::from_secs(30);

/// How often something is looked for.
const STEP: Duration = Duration::from_millis(5);

/// Where awsmfa waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    StandardInput,
    CaBundle,
    CodeCommand,
    CredentialProcess,
    Connecting,
    Network,
    Prompt,
}

const POINTS: [Point; 7] = [
    Point::StandardInput,
    Point::CaBundle,
    Point::CodeCommand,
    Point::CredentialProcess,
    Point::Connecting,
    Point::Network,
    Point::Prompt,
];

/// A signal from outside, or a key.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Sent(Signal, &'static str),
    Typed(&'static str, &'static str),
}

const ENDINGS: [Ending; 6] = [
    Ending::Sent(Signal::HUP, "SIGHUP"),
    Ending::Sent(Signal::INT, "SIGINT"),
    Ending::Sent(Signal::QUIT, "SIGQUIT"),
    Ending::Sent(Signal::TERM, "SIGTERM"),
    Ending::Typed(CTRL_C, "SIGINT"),
    Ending::Typed(CTRL_BACKSLASH, "SIGQUIT"),
];

/// A shell at a terminal, and the places where awsmfa can be made to wait.
struct Waiting {
    stage: Stage,
    terminal: Terminal,
    /// A pipe that stays open without data.
    _writer: File,
    /// Takes connections and sends nothing.
    silent: TcpListener,
    connection: Option<TcpStream>,
    /// The time of the programs' `sleep`, which no other process uses.
    sleep: String,
}

impl Waiting {
    fn new(shell: &Shell) -> Self {
        let mut stage = Stage::new();
        let sleep = format!("{}.{}", 200_000 + std::process::id(), shell.name.len());
        let fifo = |name: &str| {
            let path = stage.out(name);
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).unwrap();
            path
        };
        let quiet = fifo("quiet");
        fifo("bundle");
        let both = File::options().read(true).write(true).open(quiet).unwrap();
        let config = fs::read_to_string(stage.home.path().join(".aws/config")).unwrap();
        stage.home.write_config(&format!(
            "{config}\n[profile process]\ncredential_process = sleep {sleep}\n\
             mfa_serial = arn:aws:iam::123456789012:mfa/alice\n"
        ));
        // While it runs, the terminal has no echo, as for a password.
        stage.program(
            "print-code",
            &format!("stty -echo </dev/tty; sleep {sleep}; :"),
        );
        stage.set("CODE", stage.code());
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        silent.set_nonblocking(true).unwrap();
        let silent_url = format!("https://{}", silent.local_addr().unwrap());
        stage.set("SILENT", silent_url);
        let command = stage.terminal_command(&[&[shell.name], shell.options].concat());
        let mut terminal = Terminal::showing(command.env("PS1", "ready> "), 200);
        terminal.expect("ready> ");
        terminal.enter(shell.save_modes);
        terminal.expect("ready> ");
        Self {
            stage,
            terminal,
            _writer: both,
            silent,
            connection: None,
            sleep,
        }
    }

    /// Starts a line that waits at this point, and waits until it does.
    fn wait_at(&mut self, shell: &Shell, point: Point) {
        let (before, arguments, after) = match point {
            Point::StandardInput => ("", "-", "<$OUT/quiet"),
            Point::CaBundle => ("AWS_CA_BUNDLE=$OUT/bundle ", "$CODE", ""),
            Point::CodeCommand => ("", "--code-command print-code", ""),
            Point::CredentialProcess => ("", "-p process $CODE", ""),
            Point::Connecting => ("AWS_ENDPOINT_URL=$SILENT ", "$CODE", ""),
            Point::Network => ("", "$CODE", ""),
            Point::Prompt => ("", "", ""),
        };
        if point == Point::Network {
            self.stage.emulator.inject(Fault::HangBeforeAnswer);
        }
        self.stage.emulator.clear_log();
        let command = format!("{before}awsmfa env {arguments} {after}");
        self.terminal
            .enter(&shell.start.replace("awsmfa env", &command));
        match point {
            Point::StandardInput | Point::CaBundle => {
                self.wait_for("awsmfa", 1);
                self.wait_until_it_waits();
            }
            Point::CodeCommand | Point::CredentialProcess => {
                let sleep = self.sleep.clone();
                self.wait_for(&sleep, 1);
            }
            Point::Connecting => {
                let begin = Instant::now();
                self.connection = None;
                while self.connection.is_none() {
                    assert!(begin.elapsed() < AT_ONCE, "no connection");
                    self.connection = self.silent.accept().ok().map(|(connection, _)| connection);
                    std::thread::sleep(STEP);
                }
            }
            Point::Network => self.stage.emulator.wait_for_answers("GetSessionToken", 1),
            Point::Prompt => {
                self.terminal.expect(PROMPT);
                self.stage.emulator.wait_for_answers("GetCallerIdentity", 1);
            }
        }
    }

    /// The shell's descendants with this word in their command line.
    fn processes(&self, word: &str) -> Vec<Pid> {
        let mut found = Vec::new();
        let mut parents = vec![self.terminal.id()];
        while let Some(parent) = parents.pop() {
            let children = format!("/proc/{parent}/task/{parent}/children");
            for child in fs::read_to_string(children)
                .unwrap_or_default()
                .split_whitespace()
            {
                let line = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
                if line
                    .split(|byte| *byte == 0)
                    .any(|it| it == word.as_bytes())
                {
                    found.push(Pid::from_raw(child.parse().unwrap()).unwrap());
                }
                parents.push(child.parse().unwrap());
            }
        }
        found
    }

    #[track_caller]
    fn wait_for(&self, word: &str, count: usize) {
        let begin = Instant::now();
        while self.processes(word).len() != count {
            assert!(begin.elapsed() < AT_ONCE, "{word}");
            std::thread::sleep(STEP);
        }
    }

    /// Waits until awsmfa sleeps, and does so for a while.
    #[track_caller]
    fn wait_until_it_waits(&self) {
        let begin = Instant::now();
        let mut asleep = 0;
        while asleep < 10 {
            assert!(begin.elapsed() < AT_ONCE, "it does not wait");
            let sleeps = |pid: Pid| {
                let pid = pid.as_raw_nonzero();
                let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                stat.rsplit(") ")
                    .next()
                    .is_some_and(|rest| rest.starts_with('S'))
            };
            let pids = self.processes("awsmfa");
            let waits = !pids.is_empty() && pids.into_iter().all(sleeps);
            asleep = if waits { asleep + 1 } else { 0 };
            std::thread::sleep(STEP);
        }
    }

    /// Orphans of awsmfa count, too. What was killed may need a moment to go.
    #[track_caller]
    fn wait_until_programs_are_gone(&self) {
        let begin = Instant::now();
        let is_program = |entry: &fs::DirEntry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let mut words = line.split(|byte| *byte == 0);
            words.any(|word| word == self.sleep.as_bytes())
        };
        while fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .any(|it| is_program(&it))
        {
            assert!(begin.elapsed() < AT_ONCE, "a program is left");
            std::thread::sleep(STEP);
        }
    }

    /// Ends awsmfa; returns what is shown meanwhile, and the time until the shell is back.
    fn end(&mut self, ending: Ending) -> (String, Duration) {
        let begin = Instant::now();
        match ending {
            Ending::Sent(signal, _) => {
                // A list of children that is read while they change may lack some.
                let mut pids = self.processes("awsmfa");
                while pids.is_empty() {
                    assert!(begin.elapsed() < AT_ONCE, "awsmfa is gone");
                    std::thread::sleep(STEP);
                    pids = self.processes("awsmfa");
                }
                for pid in pids {
                    kill_process(pid, signal).unwrap();
                }
            }
            Ending::Typed(key, _) => self.terminal.send(key),
        }
        let shown = self.terminal.expect("ready> ");
        (shown, begin.elapsed())
    }
}

fn each_signal_at_each_point(shell: &Shell) {
    if find_tool(shell.name).is_none() {
        return;
    }
    let mut waiting = Waiting::new(shell);
    let mut slowest = Duration::ZERO;
    for point in POINTS {
        for ending in ENDINGS {
            let what = format!("{} {point:?} {ending:?}", shell.name);
            waiting.wait_at(shell, point);
            let (shown, took) = waiting.end(ending);
            assert!(took < AT_ONCE, "{what}: {took:?}");
            slowest = slowest.max(took);
            let (Ending::Sent(_, name) | Ending::Typed(_, name)) = ending;
            // After Ctrl-C the user knows what happened, but not whether the code was used.
            let says = match (name, point) {
                ("SIGINT", Point::Network) => "awsmfa: interrupted; the code may have been used",
                ("SIGINT", _) => "",
                (name, Point::Network) => {
                    &format!("interrupted ({name}); the code may have been used")
                }
                (name, _) => &format!("interrupted ({name})\r\n"),
            };
            assert!(shown.contains(says), "{what}: {shown}");
            let is_silent = !shown.contains("interrupted") && !shown.contains("failed");
            assert_eq!(is_silent, says.is_empty(), "{what}: {shown}");
            waiting.terminal.enter(shell.state);
            // The line failed, the modes are the old ones, and there is no key.
            waiting.terminal.expect("state:1,0,none.");
            waiting.terminal.expect("ready> ");
            assert_eq!(waiting.processes("awsmfa"), [], "{what}");
            waiting.wait_until_programs_are_gone();
        }
    }
    say(&format!(
        "{}: back after a signal within {slowest:?}",
        shell.name
    ));
}

#[test]
fn bash() {
    each_signal_at_each_point(&BASH);
}

#[test]
fn zsh() {
    each_signal_at_each_point(&ZSH);
}

#[test]
fn fish() {
    each_signal_at_each_point(&FISH);
}
