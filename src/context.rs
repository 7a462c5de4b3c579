//! The inputs of a run, read once: environment, bookkeeping, shared files.

use std::cell::OnceCell;

use crate::environment::Environment;
use crate::error::Error;
use crate::files::disk;
use crate::files::shared::SharedFiles;
use crate::memory::Memory;

#[derive(Debug)]
pub struct Context {
    environment: Environment,
    memory: Memory,
    files: OnceCell<SharedFiles>,
}

impl Context {
    #[must_use]
    pub fn new(environment: Environment) -> Self {
        Self {
            memory: Memory::read(&environment),
            environment,
            files: OnceCell::new(),
        }
    }

    /// A context with these files, for tests.
    #[cfg(test)]
    pub(crate) fn with_files(environment: Environment, files: SharedFiles) -> Self {
        let context = Self::new(environment);
        Self {
            files: OnceCell::from(files),
            ..context
        }
    }

    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The environment in which a new session starts. If other keys ended a session, it contains what
    /// that session had replaced.
    #[must_use]
    pub fn before_new_session(&self) -> &Environment {
        match &self.memory.current {
            Some(_) => &self.environment,
            None => &self.memory.before,
        }
    }

    /// The bookkeeping in the environment.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The shared AWS files; reads them on the first call.
    pub fn files(&self) -> Result<&SharedFiles, Error> {
        if let Some(files) = self.files.get() {
            return Ok(files);
        }
        let files = disk::read(|name| self.environment.os_text(name))?;
        Ok(self.files.get_or_init(|| files))
    }
}
