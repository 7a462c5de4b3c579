//! The statements of every dialect: as snapshots, read back by decoders of the tests' own, and
//! evaluated by the real shells.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(unix)]
mod detection;
mod dialects;
mod properties;
#[cfg(unix)]
mod real;
mod snapshots;
mod values;
