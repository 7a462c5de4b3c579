//! curl as an AWS client: its `--aws-sigv4` shares no code with the emulator's verification.

use std::process::{Command, Stdio};

use awsmfa_test_support::{Accounts, Emulator, TotpDevice};

/// Credentials and their endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    url: String,
    key: String,
    secret: String,
    token: Option<String>,
    region: &'static str,
    pub(crate) options: Vec<String>,
}

/// A response. Status 0 if there was none.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
    /// curl's exit code: 0, or why the response is incomplete.
    pub(crate) exit: i32,
}

impl Client {
    pub(crate) fn new(emulator: &Emulator, key: &str, secret: &str) -> Self {
        Self {
            url: emulator.http_url(),
            key: key.to_owned(),
            secret: secret.to_owned(),
            token: None,
            region: "eu-central-1",
            options: Vec::new(),
        }
    }

    pub(crate) fn alice(emulator: &Emulator) -> Self {
        Self::new(emulator, Accounts::ALICE_KEY, Accounts::ALICE_SECRET)
    }

    pub(crate) fn bob(emulator: &Emulator) -> Self {
        Self::new(emulator, Accounts::BOB_KEY, Accounts::BOB_SECRET)
    }

    pub(crate) fn at(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    pub(crate) fn in_region(mut self, region: &'static str) -> Self {
        self.region = region;
        self
    }

    pub(crate) fn with_options(mut self, options: &[&str]) -> Self {
        self.options.extend(options.iter().map(ToString::to_string));
        self
    }

    /// The same endpoint with the credentials in a response.
    pub(crate) fn with_session(&self, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        Self {
            key: answer.text("AccessKeyId"),
            secret: answer.text("SecretAccessKey"),
            token: Some(answer.text("SessionToken")),
            ..self.clone()
        }
    }

    /// Drops the session token.
    pub(crate) fn without_token(mut self) -> Self {
        self.token = None;
        self
    }

    pub(crate) fn sts(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.call("sts", "2011-06-15", action, params)
    }

    pub(crate) fn iam(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.call("iam", "2010-05-08", action, params)
    }

    pub(crate) fn whoami(&self) -> String {
        let answer = self.sts("GetCallerIdentity", &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text("Arn")
    }

    /// Calls `GetSessionToken` with a new code of this device, named like the user.
    pub(crate) fn session_with_mfa(&self, user: &str, device: &TotpDevice) -> Self {
        let serial = format!("arn:aws:iam::123456789012:mfa/{user}");
        let code = device.code();
        let params = [("SerialNumber", serial.as_str()), ("TokenCode", &code)];
        self.with_session(&self.sts("GetSessionToken", &params))
    }

    pub(crate) fn assume(&self, role_arn: &str, more: &[(&str, &str)]) -> Answer {
        let mut params = vec![("RoleArn", role_arn), ("RoleSessionName", "alice")];
        params.extend(more);
        self.sts("AssumeRole", &params)
    }

    pub(crate) fn call(
        &self,
        scope: &str,
        version: &str,
        action: &str,
        params: &[(&str, &str)],
    ) -> Answer {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--include",
            "--noproxy",
            "*",
            "--max-time",
            "10",
        ])
        .args(["--aws-sigv4", &format!("aws:amz:{}:{scope}", self.region)])
        .args(["--user", &format!("{}:{}", self.key, self.secret)])
        .args(["--data-urlencode", &format!("Action={action}")])
        .args(["--data-urlencode", &format!("Version={version}")]);
        for (name, value) in params {
            curl.args(["--data-urlencode", &format!("{name}={value}")]);
        }
        if let Some(token) = &self.token {
            curl.args(["--header", &format!("X-Amz-Security-Token: {token}")]);
        }
        let output = curl
            .args(&self.options)
            .arg(format!("{}/", self.url))
            .stdin(Stdio::null())
            .output()
            .expect("curl runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (headers, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Answer {
            status: headers
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok())
                .unwrap_or(0),
            headers: headers.to_owned(),
            body: body.to_owned(),
            exit: output.status.code().expect("curl ends by itself"),
        }
    }
}

impl Answer {
    /// The text of the only element of this name.
    pub(crate) fn text(&self, element: &str) -> String {
        let (_, rest) = self
            .body
            .split_once(&format!("<{element}>"))
            .expect("the element");
        let (text, _) = rest.split_once(&format!("</{element}>")).expect("its end");
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    }

    pub(crate) fn error(&self) -> (u16, String, String) {
        (self.status, self.text("Code"), self.text("Message"))
    }

    /// Like [`Self::assert_error`], whatever the message.
    #[track_caller]
    pub(crate) fn assert_code(&self, status: u16, code: &str) {
        let (of_answer, code_of_answer, message) = self.error();
        assert_eq!(
            (of_answer, code_of_answer.as_str()),
            (status, code),
            "{message}"
        );
    }

    #[track_caller]
    pub(crate) fn assert_error(&self, status: u16, code: &str, message: &str) {
        assert!(self.body.contains("<Error>"), "no error: {self:?}");
        assert_eq!(self.error(), (status, code.to_owned(), message.to_owned()));
    }
}
