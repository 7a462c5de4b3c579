//! The world around the process, read once: environment, memory, shared files.

use std::cell::OnceCell;

use crate::aws::files_on_disk::{self, FilesError};
use crate::aws::shared_files::SharedFiles;
use crate::bookkeeping::Memory;
use crate::environment::Environment;

/// What the process finds around it.
#[derive(Debug)]
pub struct World {
    environment: Environment,
    memory: Memory,
    files: OnceCell<SharedFiles>,
}

impl World {
    /// A world with this environment.
    #[must_use]
    pub fn new(environment: Environment) -> Self {
        Self {
            memory: Memory::read(&environment),
            environment,
            files: OnceCell::new(),
        }
    }

    /// A world with these files, for tests on values.
    #[cfg(test)]
    pub(crate) fn with_files(environment: Environment, files: SharedFiles) -> Self {
        let world = Self::new(environment);
        Self {
            files: OnceCell::from(files),
            ..world
        }
    }

    /// The environment.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What the environment remembers of awsmfa.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The shared AWS files, read when they are first needed.
    pub fn files(&self) -> Result<&SharedFiles, FilesError> {
        if let Some(files) = self.files.get() {
            return Ok(files);
        }
        let files = files_on_disk::read(|name| self.environment.os_text(name))?;
        Ok(self.files.get_or_init(|| files))
    }
}
