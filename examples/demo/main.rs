//! awsmfa without an AWS account: an emulator on loopback, which checks signatures and codes, takes the place
//! of AWS.
//!
//! `cargo run --example demo` shows the main use; `cargo run --example demo -- shell` starts a shell to try
//! things in.

mod playground;
mod signals;
mod stage;
mod tour;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use signals::Signals;
use stage::Stage;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let is_shell = match args[..] {
        [] => false,
        ["shell"] => true,
        [playground::CODE, address] => {
            playground::print_code(address)?;
            return Ok(ExitCode::SUCCESS);
        }
        #[cfg(unix)]
        [tour::WITHOUT_TERMINAL, program, ref args @ ..] => {
            let mut command = std::process::Command::new(program);
            return Err(tour::become_without_terminal(command.args(args)).into());
        }
        _ => return Err("usage: cargo run --example demo [-- shell]".into()),
    };
    let awsmfa = build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // From here on a signal ends the demo through `main`, which removes the folders.
    let signals = {
        let _context = runtime.enter();
        Signals::new()?
    };
    let stage = Stage::new(&awsmfa)?;
    if is_shell {
        runtime.block_on(playground::run(stage, signals))
    } else {
        runtime.block_on(tour::run(stage, signals))
    }
}

/// `cargo run --example` builds the library but not the program. Naming the example, too, keeps the
/// features the same, so that nothing is built twice.
fn build() -> Result<PathBuf, Box<dyn Error>> {
    let built = awsmfa_test_support::cargo()
        .args(["build", "--bin", "awsmfa", "--example", "demo", "--locked"])
        .status()?;
    if !built.success() {
        return Err("awsmfa does not build".into());
    }
    let examples = std::env::current_exe()?;
    let target = examples.ancestors().nth(2).ok_or("no target folder")?;
    Ok(target.join(format!("awsmfa{}", std::env::consts::EXE_SUFFIX)))
}
