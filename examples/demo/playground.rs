//! `cargo run --example demo -- shell`: a shell of the user's kind, connected to the emulator.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program of its own, with its own environment and output"
)]

use std::error::Error;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use awsmfa::shell::{self, Shell};
use awsmfa_test_support::TotpDevice;

use crate::signals::Signals;
use crate::stage::{Stage, make_executable};

/// The first argument of the process that prints a code; the second is the address to ask.
pub(crate) const CODE: &str = "--code";

/// A client that waits longer than this mentions it.
const NOTICEABLE: Duration = Duration::from_millis(500);

/// alice and two roles.
const CONFIG: &str = "\
[default]
region = eu-central-1
mfa_serial = arn:aws:iam::123456789012:mfa/alice

[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default
region = eu-central-1

[profile admin]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = default
region = eu-central-1
";

/// Prompts, and settings without which a shell in a new home asks questions (zsh) or reads all man pages in
/// the background (fish).
const RC_FILES: &[(&str, &str)] = &[
    (".bashrc", "PS1='demo \\w \\$ '\n"),
    (".zshrc", "PROMPT='demo %~ %# '\n"),
    (".mkshrc", "PS1='demo $ '\n"),
    (
        ".config/fish/config.fish",
        "set -g fish_greeting\nfunction fish_prompt\n    echo 'demo' (prompt_pwd) '> '\nend\n",
    ),
    (".cache/fish/generated_completions/.keep", ""),
    (".local/share/fish/generated_completions/.keep", ""),
];

/// Starts the shell and waits for its end. Needs a terminal.
pub(crate) async fn run(
    mut stage: Stage,
    mut signals: Signals,
) -> Result<ExitCode, Box<dyn Error>> {
    if !io::stdin().is_terminal() {
        return Err("the demo shell needs a terminal".into());
    }
    stage.home.write_config(CONFIG);
    for (path, text) in RC_FILES {
        stage.home.write(path, text);
    }
    add_code_command(&mut stage)?;
    let program = users_shell();
    let shell = shell_named_after(&program);
    for name in [
        "TERM",
        "COLORTERM",
        "USER",
        "LOGNAME",
        "SystemRoot",
        "ComSpec",
    ] {
        if let Ok(value) = std::env::var(name) {
            stage.environment.insert(name.to_owned(), value);
        }
    }
    stage
        .environment
        .insert("SHELL".to_owned(), program.to_string_lossy().into_owned());
    greet(&stage, shell);

    let mut child = tokio::process::Command::new(&program)
        .env_clear()
        .envs(&stage.environment)
        .current_dir(stage.home.path())
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    tokio::select! {
        status = child.wait() => status?,
        code = signals.next_but_interrupt() => {
            child.kill().await?;
            return Ok(ExitCode::from(code));
        }
    };
    stage.print_log();
    println!("The demo's files are removed.");
    Ok(ExitCode::SUCCESS)
}

fn greet(stage: &Stage, shell: &Shell) {
    let url = stage.emulator.http_url();
    let env = shell.line_for("awsmfa env CODE");
    let role = shell.line_for("awsmfa env dev");
    let unset = shell.line_for("awsmfa unset");
    println!(
        "An emulator of AWS runs at {url}. It checks signatures, codes and policies as AWS does.\n\
         ~/.aws has the keys of the IAM user alice and two roles, dev and admin.\n\
         \n\
         code                          print the next code of alice's MFA device\n\
         {env:<29} start a session with that code\n\
         aws sts get-caller-identity   see whose session it is\n\
         {role:<29} change to a role, without another code\n\
         awsmfa status                 see what is left of it\n\
         {unset:<29} end it\n"
    );
    if let Some(function) = &shell.function {
        println!(
            "With this line, plain `awsmfa env CODE` does the same:\n{}\n",
            function.load
        );
    }
    println!("exit leaves the demo, which removes its files.\n");
}

/// `$SHELL`, or the system's equivalent.
fn users_shell() -> PathBuf {
    let (variable, instead) = if cfg!(windows) {
        ("ComSpec", "cmd.exe")
    } else {
        ("SHELL", "/bin/sh")
    };
    let shell = std::env::var_os(variable).filter(|shell| !shell.is_empty());
    shell.unwrap_or_else(|| instead.into()).into()
}

fn shell_named_after(program: &Path) -> &'static Shell {
    let name = program.file_stem().unwrap_or_default();
    shell::by_name(&name.to_string_lossy()).unwrap_or(&shell::UNSEEN)
}

/// Adds a command `code`. Each code works once, so this process, which knows the ones already shown,
/// hands them out.
fn add_code_command(stage: &mut Stage) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let device = stage.emulator.device("alice").clone();
    std::thread::spawn(move || hand_out(&device, &listener));
    let program = std::env::current_exe()?;
    let program = program.display();
    if cfg!(windows) {
        let script = format!("@\"{program}\" {CODE} {address}\r\n");
        stage.programs.write("code.cmd", script);
        return Ok(());
    }
    let script = format!("#!/bin/sh\nexec '{program}' {CODE} {address}\n");
    make_executable(&stage.programs.write("code", script))
}

fn hand_out(device: &TotpDevice, listener: &TcpListener) {
    for client in listener.incoming().flatten() {
        let device = device.clone();
        std::thread::spawn(move || {
            // A client that has left needs no code.
            let _ = (&client).write_all(device.code().as_bytes());
        });
    }
}

/// Prints the next code; fails once the demo has ended.
pub(crate) fn print_code(address: &str) -> Result<(), Box<dyn Error>> {
    let mut server = TcpStream::connect(address)?;
    server.set_read_timeout(Some(NOTICEABLE))?;
    let mut code = [0; 6];
    if server.peek(&mut code).is_err() {
        eprintln!("each code works once: waiting for the next, 30s at most");
    }
    server.set_read_timeout(None)?;
    server.read_exact(&mut code)?;
    println!("{}", String::from_utf8_lossy(&code));
    Ok(())
}
