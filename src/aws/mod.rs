//! AWS: its shared files, its names, and the calls, which alone use the SDK.

pub mod api;
pub mod arn;
pub mod config_file;
pub mod connection;
pub mod credential_process;
pub mod files_on_disk;
pub mod http;
pub mod proxy;
pub mod refusal;
pub mod shared_files;
pub mod trust;
