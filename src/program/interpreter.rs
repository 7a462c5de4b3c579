//! Finds a script's missing interpreter: the system then says that the script itself is missing.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// An interpreter that a script names and that does not exist.
#[derive(Debug)]
pub(crate) struct MissingInterpreter(PathBuf);

/// The interpreter in the first line of a script, if it does not exist.
pub(crate) fn missing_interpreter(program: &Path) -> Option<MissingInterpreter> {
    // Linux reads no further.
    let mut start = Vec::with_capacity(256);
    File::open(program)
        .ok()?
        .take(256)
        .read_to_end(&mut start)
        .ok()?;
    let line = start
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let mut words = line.split(|byte| b" \t".contains(byte));
    let interpreter = str::from_utf8(words.find(|word| !word.is_empty())?).ok()?;
    // Windows ignores this line.
    (cfg!(unix) && !Path::new(interpreter).exists()).then(|| MissingInterpreter(interpreter.into()))
}

impl MissingInterpreter {
    pub(crate) fn problem(&self) -> String {
        format!("its interpreter {} does not exist", self.0.display())
    }

    pub(crate) fn hint(&self) -> &'static str {
        if self.0.as_os_str().as_encoded_bytes().ends_with(b"\r") {
            "the file has Windows line endings: save it with Unix ones (LF)"
        } else {
            "install the interpreter, or correct the first line of the file"
        }
    }
}
