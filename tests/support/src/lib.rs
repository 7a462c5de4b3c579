//! Support for the tests and the demo: an emulator of AWS STS and IAM on loopback, TOTP devices that
//! need no waiting, and temporary home folders.
//!
//! ```
//! use awsmfa_test_support::{Emulator, Fault, TestHome, Accounts};
//!
//! let emulator = Emulator::start(Accounts::standard());
//! let home = TestHome::standard();
//! let code = emulator.device("alice").code();
//!
//! // Run the program under test with `code` and nothing but this environment …
//! let environment = home.env(&emulator.http_url());
//! assert_eq!(environment["AWS_ENDPOINT_URL"], emulator.http_url());
//! assert_eq!(code.len(), 6);
//!
//! // … then check what reached AWS, and that nothing was left behind.
//! assert_eq!(emulator.log().count_with_token_code(), 0);
//! assert_eq!(home.listing(), [".aws/", ".aws/config", ".aws/credentials"]);
//!
//! // Faults on demand: the next two AssumeRole calls are throttled.
//! emulator.inject(Fault::Throttling.on("AssumeRole").times(2));
//! // Expire a role session: the emulator's sessions get older, its clock does not move.
//! emulator.advance(3601);
//! ```

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test's stand that cannot be set up ends the test, with its reason"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the emulator's clock is the real one, and PATH comes from the caller"
)]

mod emulator;
mod home;
mod owed;
#[cfg(unix)]
mod run;
mod shells;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod stage;
#[cfg(unix)]
pub mod terminal;
mod tool;
mod totp;
#[cfg(target_os = "linux")]
mod trace;
#[cfg(windows)]
mod windows;

pub use emulator::accounts::{
    AccessKey, Accounts, MfaCondition, MfaDevice, Partition, Role, Trust, User,
};
pub use emulator::fault::{Fault, Injection};
pub use emulator::log::{Entry, Log, Outcome};
pub use emulator::tls::Certificate;
pub use emulator::{Config, Emulator};
pub use home::{TestHome, variables};
pub use owed::{Owed, without_records};
#[cfg(unix)]
pub use run::Run;
pub use shells::{REAL_SHELLS, RealShell, assert_each_row_is_run, posix_shells};
#[cfg(unix)]
pub use stage::{Stage, Variables};
pub use tool::{
    cargo, find_tool, missing, optional_tool, python_with_botocore, say, skip, tools_folder,
    tools_path, without_terminal,
};
pub use totp::TotpDevice;
#[cfg(windows)]
pub use windows::windows_environment;
