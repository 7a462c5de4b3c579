//! What awsmfa knows of AWS: the shared files.

pub mod config_file;
pub mod files_on_disk;
pub mod shared_files;
