//! The shared AWS files, read as the AWS CLI reads them.

pub mod disk;
pub mod ini;
pub mod profile;
pub mod shared;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Far larger than any real file.
const LARGEST: usize = 16 * 1024 * 1024;

/// Reads a whole file, unless it is endless or far too large.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(LARGEST);
    let mut content = Vec::with_capacity(size.min(LARGEST) + 1);
    file.take(LARGEST as u64 + 1).read_to_end(&mut content)?;
    if content.len() > LARGEST {
        let problem = "it is larger than 16 MiB";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    }
    Ok(content)
}
