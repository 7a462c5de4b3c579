//! The calls to IAM about MFA devices.

use std::cell::Cell;
use std::fmt;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::VirtualMfaDevice as SdkDevice;
use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use super::api::{Aws, Signer};
use super::refusal::{Cause, Operation, Refusal};
use crate::session::Keys;
use crate::token_code::TokenCode;

/// A device that is enabled for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MfaDevice {
    /// An ARN, or the serial number of a hardware token.
    pub serial: String,
    pub enabled: Option<DateTime<Utc>>,
}

/// A virtual device of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualDevice {
    pub serial: String,
    /// The user for whom it is enabled.
    pub user: Option<String>,
}

/// A virtual device that was just created.
#[derive(Debug)]
pub struct NewDevice {
    pub serial: String,
    pub seed: Seed,
}

/// The secret that a device makes its codes from, in Base32.
pub struct Seed(Zeroizing<String>);

impl Seed {
    #[must_use]
    pub fn base32(&self) -> &str {
        &self.0
    }

    /// The seed in a response; `None` if it is no Base32.
    fn of(device: SdkDevice) -> Option<Self> {
        let bytes = Zeroizing::new(device.base32_string_seed?.into_inner());
        let text = str::from_utf8(&bytes).ok()?;
        let is_base32 = |b: u8| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b) || b == b'=';
        (!text.is_empty() && text.bytes().all(is_base32))
            .then(|| Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

impl Aws {
    /// Calls `iam:ListMFADevices` for the user with these keys; returns the serial numbers.
    pub async fn list_mfa_devices(&self, keys: &Keys) -> Result<Vec<String>, Refusal> {
        let devices = self.mfa_devices(Signer::User(keys)).await?;
        Ok(devices.into_iter().map(|device| device.serial).collect())
    }

    /// Calls `iam:ListMFADevices` for the user that signs.
    pub async fn mfa_devices(&self, signer: Signer<'_>) -> Result<Vec<MfaDevice>, Refusal> {
        let client = self.iam(signer);
        let call = async || {
            let answer = client.list_mfa_devices().send().await;
            let answer = answer.map_err(|error| {
                Refusal::from_sdk(Operation::ListMfaDevices, &[signer.token()], &error)
            })?;
            let devices = answer.mfa_devices.into_iter().map(|device| MfaDevice {
                serial: device.serial_number,
                enabled: DateTime::from_timestamp(device.enable_date.secs(), 0),
            });
            Ok(devices.collect())
        };
        self.repeated(call, Refusal::may_pass).await
    }

    /// Calls `iam:ListVirtualMFADevices` until the last page: the virtual devices of the account.
    pub async fn virtual_mfa_devices(
        &self,
        signer: Signer<'_>,
    ) -> Result<Vec<VirtualDevice>, Refusal> {
        let client = self.iam(signer);
        let mut devices = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let call = async || {
                let call = client.list_virtual_mfa_devices();
                let answer = call.set_marker(marker.clone()).send().await;
                answer.map_err(|error| {
                    Refusal::from_sdk(Operation::ListVirtualMfaDevices, &[signer.token()], &error)
                })
            };
            let page = self.repeated(call, Refusal::may_pass).await?;
            devices.extend(
                page.virtual_mfa_devices
                    .into_iter()
                    .map(|device| VirtualDevice {
                        user: device.user.map(|user| user.user_name),
                        serial: device.serial_number,
                    }),
            );
            let is_new = |next: &String| page.is_truncated && marker.as_ref() != Some(next);
            match page.marker.filter(is_new) {
                Some(next) => marker = Some(next),
                None => return Ok(devices),
            }
        }
    }

    /// Calls `iam:CreateVirtualMFADevice`; does not send it again once AWS may have created the device.
    pub async fn create_virtual_mfa_device(
        &self,
        signer: Signer<'_>,
        name: &str,
    ) -> Result<NewDevice, Refusal> {
        let client = self.iam(signer);
        let call = async || {
            let call = client.create_virtual_mfa_device();
            let answer = call.virtual_mfa_device_name(name).send().await;
            let answer = answer.map_err(|error| {
                Refusal::from_sdk(Operation::CreateVirtualMfaDevice, &[signer.token()], &error)
            })?;
            let device = answer.virtual_mfa_device;
            let device = device.ok_or_else(|| Refusal::from(Cause::Incomplete))?;
            Ok(NewDevice {
                serial: device.serial_number.clone(),
                seed: Seed::of(device).ok_or_else(|| Refusal::from(Cause::Incomplete))?,
            })
        };
        self.repeated(call, |refusal| {
            refusal.may_pass() && !refusal.may_have_been_done()
        })
        .await
    }

    /// Calls `iam:EnableMFADevice` with two consecutive codes. The caller decides whether to send it
    /// again.
    pub async fn enable_mfa_device(
        &self,
        signer: Signer<'_>,
        user: &str,
        serial: &str,
        codes: &[TokenCode; 2],
    ) -> Result<(), Refusal> {
        let client = self.iam(signer);
        let [first, second] = codes.each_ref().map(TokenCode::digits);
        let call = async || {
            let call = client
                .enable_mfa_device()
                .user_name(user)
                .serial_number(serial)
                .authentication_code1(first)
                .authentication_code2(second);
            let secrets = [signer.token(), first, second];
            let answer = call.send().await;
            answer
                .map(drop)
                .map_err(|error| Refusal::from_sdk(Operation::EnableMfaDevice, &secrets, &error))
        };
        self.repeated(call, |refusal| {
            refusal.may_pass() && !refusal.may_have_been_done()
        })
        .await
    }

    /// Calls `iam:DeactivateMFADevice`: the device is enabled for nobody then.
    pub async fn deactivate_mfa_device(
        &self,
        signer: Signer<'_>,
        user: &str,
        serial: &str,
    ) -> Result<(), Refusal> {
        let client = self.iam(signer);
        let call = async || {
            let call = client.deactivate_mfa_device().user_name(user);
            let answer = call.serial_number(serial).send().await;
            answer.map(drop).map_err(|error| {
                Refusal::from_sdk(Operation::DeactivateMfaDevice, &[signer.token()], &error)
            })
        };
        self.until_gone(call).await
    }

    /// Calls `iam:DeleteVirtualMFADevice`. IAM deletes no device that is enabled for a user.
    pub async fn delete_virtual_mfa_device(
        &self,
        signer: Signer<'_>,
        serial: &str,
    ) -> Result<(), Refusal> {
        let client = self.iam(signer);
        let call = async || {
            let call = client.delete_virtual_mfa_device();
            let answer = call.serial_number(serial).send().await;
            answer.map(drop).map_err(|error| {
                Refusal::from_sdk(Operation::DeleteVirtualMfaDevice, &[signer.token()], &error)
            })
        };
        self.until_gone(call).await
    }

    /// Makes a call that takes something away. If the response to it was lost, "no such device" means
    /// that it was done.
    async fn until_gone(&self, call: impl AsyncFn() -> Result<(), Refusal>) -> Result<(), Refusal> {
        let may_be_done = Cell::new(false);
        let call = async || match call().await {
            Err(refusal) if may_be_done.get() && refusal.cause == Cause::NoSuchDevice => Ok(()),
            outcome => outcome.inspect_err(|refusal| {
                may_be_done.set(may_be_done.get() || refusal.may_have_been_done());
            }),
        };
        let may_repeat = |refusal: &Refusal| refusal.may_pass() || refusal.is_unsettled();
        self.repeated(call, may_repeat).await
    }

    fn iam(&self, signer: Signer<'_>) -> Client {
        let url = self.endpoint().iam_url.as_ref();
        Client::new(&self.config(signer.credentials(), url.map(|url| url.text.as_str())))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use aws_smithy_types::Blob;

    use super::*;

    #[test]
    fn a_seed_is_base32_and_debug_does_not_show_it() {
        let seed = |text: &str| {
            let device = SdkDevice::builder().serial_number("GAHT12345678");
            Seed::of(device.base32_string_seed(Blob::new(text)).build().unwrap())
        };
        let good = seed("GEZDGNBVGY3TQOJQ").unwrap();
        assert_eq!(good.base32(), "GEZDGNBVGY3TQOJQ");
        assert_eq!(format!("{good:?}"), "Seed(…)");
        for bad in ["", "GEZD\x1b", "gezd", "&secret=x"] {
            assert!(seed(bad).is_none(), "{bad:?}");
        }
    }
}
