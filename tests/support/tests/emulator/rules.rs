//! AWS's rules and texts, tested with curl.

use crate::client::{Answer, Client};
use awsmfa_test_support::{
    Accounts, Emulator, MfaDevice, Outcome, Partition, Role, TotpDevice, Trust, User, find_tool,
};

const ALICE_DEVICE: &str = "arn:aws:iam::123456789012:mfa/alice";
const BOB_DEVICE: &str = "arn:aws:iam::123456789012:mfa/bob";
const DEV: &str = "arn:aws:iam::111122223333:role/dev";
const ADMIN: &str = "arn:aws:iam::111122223333:role/admin";
const AUDIT: &str = "arn:aws:iam::444455556666:role/audit";
const FRESH: &str = "arn:aws:iam::444455556666:role/fresh";
const CHAINED: &str = "arn:aws:iam::444455556666:role/chained";

const INVALID_CODE: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
const NOT_VALIDATED: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";
const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
const WRONG_SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

fn standard() -> Option<Emulator> {
    find_tool("curl")?;
    Some(Emulator::start(Accounts::standard()))
}

fn with_code(client: &Client, serial: &str, code: &str) -> Answer {
    client.sts(
        "GetSessionToken",
        &[("SerialNumber", serial), ("TokenCode", code)],
    )
}

#[test]
fn a_session_is_minted_and_used() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    let answer = with_code(&alice, ALICE_DEVICE, &emulator.device("alice").code());
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        answer.headers.to_lowercase().contains("x-amzn-requestid: "),
        "{answer:?}"
    );
    let key = answer.text("AccessKeyId");
    assert!(key.starts_with("ASIA") && key.len() == 20, "{key}");
    assert_eq!(answer.text("SecretAccessKey").len(), 40);
    let token = answer.text("SessionToken");
    assert!(
        token.len() > 300 && ['+', '/', '='].iter().all(|c| token.contains(*c)),
        "{token}"
    );
    assert!(answer.text("Expiration").ends_with('Z'));

    let session = alice.with_session(&answer);
    assert_eq!(session.whoami(), "arn:aws:iam::123456789012:user/alice");
    let again = session.sts("GetSessionToken", &[]);
    again.assert_error(
        403,
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    );

    let log = emulator.log();
    assert_eq!(
        log.actions(),
        ["GetSessionToken", "GetCallerIdentity", "GetSessionToken"]
    );
    assert_eq!(log.count_with_token_code(), 1);
    let first = &log.entries[0];
    assert_eq!(first.access_key_id.as_deref(), Some(Accounts::ALICE_KEY));
    assert_eq!(first.serial_number.as_deref(), Some(ALICE_DEVICE));
    assert_eq!(first.region.as_deref(), Some("eu-central-1"));
    assert!(
        first
            .user_agent
            .as_deref()
            .is_some_and(|agent| agent.starts_with("curl/"))
    );
    assert_eq!(first.outcome, Outcome::Done);
    assert!(log.entries[1].session_token && !first.session_token);
    assert_eq!(
        log.last().outcome,
        Outcome::Refused("AccessDenied".to_owned())
    );
}

#[test]
fn codes_and_devices() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    let device = emulator.device("alice");
    let code = device.code();
    assert_eq!(with_code(&alice, ALICE_DEVICE, &code).status, 200);
    let replayed = with_code(&alice, ALICE_DEVICE, &code);
    replayed.assert_error(403, "AccessDenied", INVALID_CODE);
    let wrong = with_code(&alice, ALICE_DEVICE, &device.wrong_code());
    wrong.assert_error(403, "AccessDenied", INVALID_CODE);
    let unknown = with_code(&alice, "arn:aws:iam::123456789012:mfa/nobody", &code);
    unknown.assert_error(403, "AccessDenied", NOT_VALIDATED);
    let others = with_code(&alice, BOB_DEVICE, &emulator.device("bob").code());
    others.assert_error(403, "AccessDenied", NOT_VALIDATED);
    let half = alice.sts("GetSessionToken", &[("TokenCode", &device.code())]);
    half.assert_error(
        403,
        "AccessDenied",
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
    );

    // The first two codes and a wrong one have used up three of nine verifications.
    for _ in 3..9 {
        let wrong = with_code(&alice, ALICE_DEVICE, &device.wrong_code());
        wrong.assert_error(403, "AccessDenied", INVALID_CODE);
    }
    let tenth = with_code(&alice, ALICE_DEVICE, &device.code());
    tenth.assert_error(403, "AccessDenied", NOT_VALIDATED);
    emulator.forget_codes();
    assert_eq!(with_code(&alice, ALICE_DEVICE, &code).status, 200);
}

#[test]
fn parameters_out_of_bounds() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    let one = |name: &str, value: &str, constraint: &str| {
        format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
        )
    };
    let short = "Member must have length greater than or equal to 6";
    let answer = with_code(&alice, ALICE_DEVICE, "12345");
    answer.assert_error(400, "ValidationError", &one("tokenCode", "12345", short));
    let letters = r"Member must satisfy regular expression pattern: [\d]*";
    let answer = with_code(&alice, ALICE_DEVICE, "12345a");
    answer.assert_error(400, "ValidationError", &one("tokenCode", "12345a", letters));
    let few = "Member must have value greater than or equal to 900";
    let answer = alice.sts("GetSessionToken", &[("DurationSeconds", "899")]);
    answer.assert_error(400, "ValidationError", &one("durationSeconds", "899", few));
    let many = "Member must have value less than or equal to 129600";
    let answer = alice.sts("GetSessionToken", &[("DurationSeconds", "129601")]);
    answer.assert_error(
        400,
        "ValidationError",
        &one("durationSeconds", "129601", many),
    );
    let many = "Member must have value less than or equal to 43200";
    let answer = alice.assume(DEV, &[("DurationSeconds", "43201")]);
    answer.assert_error(
        400,
        "ValidationError",
        &one("durationSeconds", "43201", many),
    );
    let pattern = r"Member must satisfy regular expression pattern: [\w+=,.@-]*";
    let params = [("RoleArn", DEV), ("RoleSessionName", "a lice")];
    let answer = alice.sts("AssumeRole", &params);
    answer.assert_error(
        400,
        "ValidationError",
        &one("roleSessionName", "a lice", pattern),
    );
    let two = "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null";
    alice
        .sts("AssumeRole", &[])
        .assert_error(400, "ValidationError", two);
    assert_eq!(
        alice
            .sts("GetSessionToken", &[("DurationSeconds", "129600")])
            .status,
        200
    );
}

fn refused(caller: &str, role: &str) -> String {
    format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}")
}

#[test]
fn one_code_and_then_every_role() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    let arn = "arn:aws:iam::123456789012:user/alice";
    alice
        .assume(DEV, &[])
        .assert_error(403, "AccessDenied", &refused(arn, DEV));
    let without_mfa = alice.with_session(&alice.sts("GetSessionToken", &[]));
    without_mfa
        .assume(DEV, &[])
        .assert_error(403, "AccessDenied", &refused(arn, DEV));

    let session = alice.session_with_mfa("alice", &emulator.device("alice"));
    let dev = session.with_session(&session.assume(DEV, &[]));
    assert_eq!(
        dev.whoami(),
        "arn:aws:sts::111122223333:assumed-role/dev/alice"
    );
    assert_eq!(session.assume(ADMIN, &[]).status, 200);
    session
        .assume(AUDIT, &[])
        .assert_error(403, "AccessDenied", &refused(arn, AUDIT));
    assert_eq!(
        session
            .assume(AUDIT, &[("ExternalId", Accounts::EXTERNAL_ID)])
            .status,
        200
    );
    assert_eq!(session.assume(FRESH, &[]).status, 200);
    emulator.advance(901);
    session
        .assume(FRESH, &[])
        .assert_error(403, "AccessDenied", &refused(arn, FRESH));
    assert_eq!(session.assume(DEV, &[]).status, 200);

    assert_eq!(dev.assume(CHAINED, &[]).status, 200);
    let role = "arn:aws:sts::111122223333:assumed-role/dev/alice";
    session
        .assume(CHAINED, &[])
        .assert_error(403, "AccessDenied", &refused(arn, CHAINED));
    dev.assume(FRESH, &[])
        .assert_error(403, "AccessDenied", &refused(role, FRESH));
    assert_eq!(emulator.log().count_with_token_code(), 1);
}

#[test]
fn role_durations() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    let device = emulator.device("alice");
    let session = alice.session_with_mfa("alice", &device);
    let long = [("DurationSeconds", "43200")];
    let chaining = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
    session
        .assume(ADMIN, &long)
        .assert_error(400, "ValidationError", chaining);
    let one_call = |role| {
        let code = device.code();
        let mut params = long.to_vec();
        params.extend([("SerialNumber", ALICE_DEVICE), ("TokenCode", &code)]);
        alice.assume(role, &params)
    };
    assert_eq!(one_call(ADMIN).status, 200);
    let max = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    one_call(DEV).assert_error(400, "ValidationError", max);
}

#[test]
fn sessions_end_by_the_clock_that_advances() {
    let Some(emulator) = standard() else { return };
    let session = Client::alice(&emulator).session_with_mfa("alice", &emulator.device("alice"));
    let role = session.with_session(&session.assume(DEV, &[]));
    emulator.advance(3601);
    let expired = "The security token included in the request is expired";
    role.sts("GetCallerIdentity", &[])
        .assert_error(403, "ExpiredToken", expired);
    let renewed = session.with_session(&session.assume(DEV, &[]));
    assert_eq!(
        renewed.whoami(),
        "arn:aws:sts::111122223333:assumed-role/dev/alice"
    );
    emulator.advance(43_200);
    session
        .assume(DEV, &[])
        .assert_error(403, "ExpiredToken", expired);
}

#[test]
fn keys_that_do_not_count() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    let whoami = |client: &Client| client.sts("GetCallerIdentity", &[]);
    let flipped = Accounts::ALICE_SECRET.to_lowercase();
    let flipped = Client::new(&emulator, Accounts::ALICE_KEY, &flipped);
    whoami(&flipped).assert_error(403, "SignatureDoesNotMatch", WRONG_SIGNATURE);
    let unknown = Client::new(&emulator, "AKIAI44QH8DHBNOTHERE", Accounts::ALICE_SECRET);
    whoami(&unknown).assert_error(403, "InvalidClientTokenId", INVALID_TOKEN);
    let elsewhere = alice.clone().in_region("cn-north-1");
    whoami(&elsewhere).assert_error(403, "InvalidClientTokenId", INVALID_TOKEN);
    let session = alice.with_session(&alice.sts("GetSessionToken", &[]));
    whoami(&session.clone().without_token()).assert_error(
        403,
        "InvalidClientTokenId",
        INVALID_TOKEN,
    );
    let scope = "Credential should be scoped to correct service: 'sts'. ";
    let wrong_scope = alice.call("iam", "2011-06-15", "GetCallerIdentity", &[]);
    wrong_scope.assert_error(403, "SignatureDoesNotMatch", scope);
    let unsigned = alice
        .clone()
        .with_options(&["--header", "Authorization: none"]);
    assert_eq!(whoami(&unsigned).error().1, "IncompleteSignature");

    emulator.edit(|accounts| accounts.user("alice").keys[0].active = false);
    whoami(&alice).assert_error(403, "InvalidClientTokenId", INVALID_TOKEN);
}

#[test]
fn devices_are_listed_where_allowed() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    let security_key = "arn:aws:iam::123456789012:u2f/user/alice/key-EXAMPLE";
    emulator.edit(|accounts| {
        accounts
            .user("alice")
            .devices
            .push(MfaDevice::security_key(security_key));
    });
    let answer = alice.iam("ListMFADevices", &[]);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains(ALICE_DEVICE) && answer.body.contains(security_key));
    assert!(!answer.body.contains(BOB_DEVICE));
    let touched = with_code(&alice, security_key, "123456");
    touched.assert_error(403, "AccessDenied", NOT_VALIDATED);

    let without_mfa = alice.with_session(&alice.sts("GetSessionToken", &[]));
    let refused = without_mfa.iam("ListMFADevices", &[]);
    refused.assert_error(403, "InvalidClientTokenId", INVALID_TOKEN);
    let with_mfa = alice.session_with_mfa("alice", &emulator.device("alice"));
    assert_eq!(with_mfa.iam("ListMFADevices", &[]).status, 200);

    emulator.edit(|accounts| accounts.user("alice").not_allowed.push("ListMFADevices"));
    let denied = alice.iam("ListMFADevices", &[]);
    denied.assert_error(
        403,
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListMFADevices on resource: user alice because no identity-based policy allows the iam:ListMFADevices action",
    );
    assert_eq!(
        Client::bob(&emulator).iam("ListMFADevices", &[]).status,
        200
    );
}

#[test]
fn root_users_and_other_partitions() {
    if find_tool("curl").is_none() {
        return;
    }
    let mut root = User::new(
        "111122223333",
        "root",
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET,
    );
    root.root = true;
    let mut gov = User::new(
        "444455556666",
        "gov",
        Accounts::BOB_KEY,
        Accounts::BOB_SECRET,
    );
    gov.partition = Partition::UsGov;
    let trust = Trust::in_principals(["111122223333", "gov"]);
    let mut role = Role::new("444455556666", "open", trust);
    role.partition = Partition::UsGov;
    let role_arn = role.arn();
    let emulator = Emulator::start(Accounts {
        users: vec![root, gov.with_device()],
        roles: vec![role],
        ..Accounts::default()
    });

    let root = Client::alice(&emulator);
    assert_eq!(root.whoami(), "arn:aws:iam::111122223333:root");
    let session = root.with_session(&root.sts("GetSessionToken", &[("DurationSeconds", "7200")]));
    emulator.advance(3601);
    assert_eq!(
        session.sts("GetCallerIdentity", &[]).error().1,
        "ExpiredToken"
    );
    let no_role = "Roles may not be assumed by root accounts.";
    root.assume(&role_arn, &[])
        .assert_error(403, "AccessDenied", no_role);

    let gov = Client::bob(&emulator).in_region("us-gov-west-1");
    assert_eq!(gov.whoami(), "arn:aws-us-gov:iam::444455556666:user/gov");
    let open = gov.with_session(&gov.assume(&role_arn, &[]));
    assert_eq!(
        open.whoami(),
        "arn:aws-us-gov:sts::444455556666:assumed-role/open/alice"
    );
    let elsewhere = Client::bob(&emulator).sts("GetCallerIdentity", &[]);
    elsewhere.assert_error(403, "InvalidClientTokenId", INVALID_TOKEN);
}

/// The states of alice's devices: enabled, and created but enabled for nobody.
fn devices(emulator: &Emulator) -> (Vec<String>, Vec<String>) {
    let mut found = None;
    emulator.edit(|accounts| {
        let serials = |devices: &[MfaDevice]| devices.iter().map(|it| it.serial.clone()).collect();
        found = Some((
            serials(&accounts.user("alice").devices),
            serials(&accounts.unassigned),
        ));
    });
    found.expect("the accounts")
}

#[test]
fn the_life_of_a_virtual_device() {
    const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";
    const KNOWN: [&str; 2] = [ALICE_DEVICE, PHONE];
    let Some(emulator) = standard() else { return };
    let (alice, bob) = (Client::alice(&emulator), Client::bob(&emulator));
    let create = |client: &Client, name| {
        client.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)])
    };
    create(&alice, "a b").assert_code(400, "ValidationError");
    // Names are account-wide.
    create(&bob, "alice").assert_code(409, "EntityAlreadyExists");
    let created = create(&alice, "phone");
    assert_eq!(created.text("SerialNumber"), PHONE);
    create(&bob, "phone").assert_code(409, "EntityAlreadyExists");
    assert_eq!(devices(&emulator).1, [PHONE]);
    let seed = aws_smithy_types::base64::decode(created.text("Base32StringSeed")).expect("Base64");
    assert_eq!(seed.len(), 64);
    let phone = TotpDevice::from_base32(str::from_utf8(&seed).expect("ASCII"));

    let enable = |first: &str, second: &str| {
        alice.iam(
            "EnableMFADevice",
            &[
                ("UserName", "alice"),
                ("SerialNumber", PHONE),
                ("AuthenticationCode1", first),
                ("AuthenticationCode2", second),
            ],
        )
    };
    let [first, second] = phone.two_codes();
    for (first, second) in [
        (&first, &first),
        (&second, &first),
        (&first, &phone.wrong_code()),
    ] {
        enable(first, second).assert_code(403, "InvalidAuthenticationCode");
    }
    emulator.edit(|accounts| accounts.sts_learns_after = chrono::Duration::seconds(60));
    assert_eq!(enable(&first, &second).status, 200);
    enable(&first, &second).assert_code(409, "EntityAlreadyExists");
    assert_eq!(
        devices(&emulator),
        (KNOWN.map(str::to_owned).to_vec(), vec![])
    );
    // STS does not know it yet, and then it knows that the code was used.
    with_code(&alice, PHONE, &second).assert_error(403, "AccessDenied", NOT_VALIDATED);
    emulator.edit(|accounts| {
        accounts.user("alice").devices[1].known_to_sts = chrono::DateTime::UNIX_EPOCH;
    });
    with_code(&alice, PHONE, &second).assert_error(403, "AccessDenied", INVALID_CODE);

    let of_phone = [("UserName", "alice"), ("SerialNumber", PHONE)];
    let delete = |client: &Client| client.iam("DeleteVirtualMFADevice", &of_phone[1..]);
    delete(&alice).assert_code(409, "DeleteConflict");
    bob.iam("DeactivateMFADevice", &of_phone)
        .assert_code(403, "AccessDenied");
    assert_eq!(alice.iam("DeactivateMFADevice", &of_phone).status, 200);
    alice
        .iam("DeactivateMFADevice", &of_phone)
        .assert_code(404, "NoSuchEntity");
    assert_eq!(devices(&emulator).1, [PHONE]);
    assert_eq!(delete(&alice).status, 200);
    delete(&alice).assert_code(404, "NoSuchEntity");
    assert_eq!(devices(&emulator), (vec![ALICE_DEVICE.to_owned()], vec![]));
}

#[test]
fn a_user_may_have_eight_devices() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    emulator.edit(|accounts| {
        let devices = &mut accounts.user("alice").devices;
        devices.extend((1..8).map(|number| MfaDevice::totp(&format!("GAHT1234567{number}"))));
    });
    let created = alice.iam(
        "CreateVirtualMFADevice",
        &[("VirtualMFADeviceName", "ninth")],
    );
    assert_eq!(created.status, 200, "{created:?}");
    let enabled = alice.iam(
        "EnableMFADevice",
        &[
            ("UserName", "alice"),
            ("SerialNumber", "arn:aws:iam::123456789012:mfa/ninth"),
            ("AuthenticationCode1", "123456"),
            ("AuthenticationCode2", "654321"),
        ],
    );
    enabled.assert_code(409, "LimitExceeded");
}

#[test]
fn virtual_devices_come_in_pages_and_policies_may_deny() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    emulator.edit(|accounts| {
        let device = MfaDevice::totp("arn:aws:iam::123456789012:mfa/left");
        accounts.unassigned.push(device);
    });
    let first = alice.iam("ListVirtualMFADevices", &[]);
    assert!(first.body.contains(ALICE_DEVICE) && first.body.contains(BOB_DEVICE));
    assert!(!first.body.contains("mfa/left"), "{first:?}");
    let marker = first.text("Marker");
    let second = alice.iam("ListVirtualMFADevices", &[("Marker", &marker)]);
    assert!(second.body.contains("mfa/left") && !second.body.contains("<User>"));
    assert_eq!(second.text("IsTruncated"), "false");
    let unassigned = alice.iam(
        "ListVirtualMFADevices",
        &[("AssignmentStatus", "Unassigned")],
    );
    assert!(unassigned.body.contains("mfa/left") && !unassigned.body.contains(ALICE_DEVICE));

    emulator.edit(|accounts| {
        let alice = accounts.user("alice");
        alice.not_allowed.push("ListVirtualMFADevices");
        alice.denied_without_mfa.push("CreateVirtualMFADevice");
    });
    alice
        .iam("ListVirtualMFADevices", &[])
        .assert_code(403, "AccessDenied");
    let create = |client: &Client| {
        client.iam(
            "CreateVirtualMFADevice",
            &[("VirtualMFADeviceName", "alice-2")],
        )
    };
    let denied = create(&alice);
    assert!(denied.body.contains("with an explicit deny"), "{denied:?}");
    let with_mfa = alice.session_with_mfa("alice", &emulator.device("alice"));
    assert_eq!(create(&with_mfa).status, 200);
}
