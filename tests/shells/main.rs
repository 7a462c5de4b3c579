//! The statements of every shell: as snapshots, parsed by the tests' own decoders, and evaluated by the
//! real shells.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(unix)]
mod detection;
mod dialects;
mod properties;
#[cfg(unix)]
mod real;
mod snapshots;
mod values;
