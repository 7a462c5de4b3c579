//! The shared AWS files, read as the AWS CLI reads them.

pub mod disk;
pub mod ini;
pub mod profile;
pub mod shared;
