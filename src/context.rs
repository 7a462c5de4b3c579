//! The world around the process, read once: environment, memory, shared files.

use std::cell::OnceCell;

use crate::environment::Environment;
use crate::error::Error;
use crate::files::disk;
use crate::files::shared::SharedFiles;
use crate::memory::Memory;

/// What the process finds around it.
#[derive(Debug)]
pub struct Context {
    environment: Environment,
    memory: Memory,
    files: OnceCell<SharedFiles>,
}

impl Context {
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
        let context = Self::new(environment);
        Self {
            files: OnceCell::from(files),
            ..context
        }
    }

    /// The environment.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The environment that a new session is asked for in. Where other keys ended a session, what it replaced
    /// counts again.
    #[must_use]
    pub fn before_new_session(&self) -> &Environment {
        match &self.memory.current {
            Some(_) => &self.environment,
            None => &self.memory.before,
        }
    }

    /// What the environment remembers of awsmfa.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The shared AWS files, read when they are first needed.
    pub fn files(&self) -> Result<&SharedFiles, Error> {
        if let Some(files) = self.files.get() {
            return Ok(files);
        }
        let files = disk::read(|name| self.environment.os_text(name))?;
        Ok(self.files.get_or_init(|| files))
    }
}
