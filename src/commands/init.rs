//! `awsmfa init`: the function that spares the user the eval.

use super::{Failure, Output, shell_of};
use crate::cli::Init;
use crate::error::Error;

/// Runs the verb.
pub fn run(options: &Init) -> Result<Output, Failure> {
    let shell = shell_of(Some(&options.shell))?;
    let function = shell.function.as_ref();
    let function = function.ok_or(Error::FormatHasNoFunction { format: shell.name })?;
    Ok(Output::script(function.scripts.concat()))
}
