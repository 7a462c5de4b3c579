//! The accounts that most tests use, and a user's AWS files for them.

use super::accounts::{Accounts, MfaCondition, Role, Trust, User};

impl Accounts {
    /// The account of the users in [`Accounts::standard`].
    pub const ACCOUNT: &'static str = "123456789012";
    /// alice's access key ID (AWS's documented example).
    pub const ALICE_KEY: &'static str = "AKIAIOSFODNN7EXAMPLE";
    /// alice's secret access key (AWS's documented example).
    pub const ALICE_SECRET: &'static str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    /// bob's access key ID (AWS's documented example).
    pub const BOB_KEY: &'static str = "AKIAI44QH8DHBEXAMPLE";
    /// bob's secret access key (AWS's documented example).
    pub const BOB_SECRET: &'static str = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY";
    /// The external ID that the role `audit` requires.
    pub const EXTERNAL_ID: &'static str = "Example-7";

    /// alice and bob of account 123456789012, each with a virtual device of the same name, and
    ///
    /// | role | account | trusts | requires |
    /// |---|---|---|---|
    /// | `dev` | 111122223333 | account 123456789012 | MFA |
    /// | `admin` | 111122223333 | alice | MFA; sessions of up to 12 hours |
    /// | `audit` | 444455556666 | alice | MFA and an external ID |
    /// | `fresh` | 444455556666 | alice | MFA at most 900 s old |
    /// | `chained` | 444455556666 | the role `dev` | |
    #[must_use]
    pub fn standard() -> Self {
        let alice = User::new(Self::ACCOUNT, "alice", Self::ALICE_KEY, Self::ALICE_SECRET);
        let bob = User::new(Self::ACCOUNT, "bob", Self::BOB_KEY, Self::BOB_SECRET);
        let with_mfa = |principal: &str, mfa| Trust {
            mfa,
            ..Trust::in_principals([principal])
        };
        let dev = Role::new(
            "111122223333",
            "dev",
            with_mfa(Self::ACCOUNT, MfaCondition::Present),
        );
        let admin = Role {
            max_session_seconds: 43_200,
            ..Role::new(
                "111122223333",
                "admin",
                with_mfa("alice", MfaCondition::Present),
            )
        };
        let audit = Role::new(
            "444455556666",
            "audit",
            Trust {
                external_id: Some(Self::EXTERNAL_ID.to_owned()),
                ..with_mfa("alice", MfaCondition::Present)
            },
        );
        let fresh = Role::new(
            "444455556666",
            "fresh",
            with_mfa("alice", MfaCondition::MaxAge(900)),
        );
        let chained = Role::new("444455556666", "chained", Trust::in_principals([dev.arn()]));
        Self {
            users: vec![alice.with_device(), bob.with_device()],
            roles: vec![dev, admin, audit, fresh, chained],
            ..Self::default()
        }
    }

    /// `.aws/config` of alice, with bob in his own profile.
    pub(crate) const CONFIG: &'static str = "\
[default]
region = eu-central-1
mfa_serial = arn:aws:iam::123456789012:mfa/alice

[profile bob]
region = eu-central-1
mfa_serial = arn:aws:iam::123456789012:mfa/bob

[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default

[profile admin]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = default

[profile audit]
role_arn = arn:aws:iam::444455556666:role/audit
source_profile = default
external_id = Example-7

[profile fresh]
role_arn = arn:aws:iam::444455556666:role/fresh
source_profile = default

[profile chained]
role_arn = arn:aws:iam::444455556666:role/chained
source_profile = dev
";

    /// The matching `.aws/credentials`.
    pub(crate) const CREDENTIALS: &'static str = "\
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY

[bob]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY
";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_tell_of_every_user_and_role() {
        let accounts = Accounts::standard();
        for user in &accounts.users {
            assert!(
                Accounts::CREDENTIALS.contains(&user.keys[0].id),
                "{}",
                user.name
            );
            assert!(
                Accounts::CREDENTIALS.contains(&user.keys[0].secret),
                "{}",
                user.name
            );
            assert!(
                Accounts::CONFIG.contains(&user.devices[0].serial),
                "{}",
                user.name
            );
        }
        for role in &accounts.roles {
            assert!(Accounts::CONFIG.contains(&role.arn()), "{}", role.name);
        }
        assert!(Accounts::CONFIG.contains(Accounts::EXTERNAL_ID));
    }
}
