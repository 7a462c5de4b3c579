//! The calls to STS and IAM, and the network below. Only this folder uses the AWS SDK.

pub mod api;
pub mod arn;
pub mod connection;
pub mod credential_process;
pub mod http;
pub mod iam;
pub mod proxy;
pub mod refusal;
pub mod trust;
